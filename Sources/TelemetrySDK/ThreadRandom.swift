// SPDX-License-Identifier: Apache-2.0

import CStitchPlatform

/// Random numbers without a system call each: xoshiro256++ with a state of its own in each thread, seeded by the system.
///
/// Good enough for ids, which have to be unique and evenly spread, and no secret. A process that was forked seeds its
/// states anew, since parent and child would draw the same numbers otherwise.
struct ThreadRandom: RandomNumberGenerator {
    /// The next number.
    @inline(__always)
    func next() -> UInt64 {
        // Owned by the thread, and used up before anything could suspend.
        guard let state = stitch_thread_random_state() else { return UInt64.random(in: .min ... .max) }
        if state.pointee.epoch != stitch_fork_epoch() { Self.seed(state) }
        return Self.step(&state.pointee.words)
    }

    /// One step of xoshiro256++ (Blackman and Vigna, 2019).
    @inline(__always)
    static func step(_ words: inout (UInt64, UInt64, UInt64, UInt64)) -> UInt64 {
        let result = rotate(words.0 &+ words.3, by: 23) &+ words.0
        let shifted = words.1 << 17
        words.2 ^= words.0
        words.3 ^= words.1
        words.1 ^= words.2
        words.0 ^= words.3
        words.2 ^= shifted
        words.3 = rotate(words.3, by: 45)
        return result
    }

    private static func rotate(_ word: UInt64, by count: UInt64) -> UInt64 {
        word << count | word >> (64 - count)
    }

    @inline(never)
    private static func seed(_ state: UnsafeMutablePointer<stitch_random_state>) {
        var system = SystemRandomNumberGenerator()
        // All zero is the one state that the generator never leaves.
        repeat {
            state.pointee.words = (system.next(), system.next(), system.next(), system.next())
        } while state.pointee.words == (0, 0, 0, 0)
        state.pointee.epoch = stitch_fork_epoch()
    }
}
