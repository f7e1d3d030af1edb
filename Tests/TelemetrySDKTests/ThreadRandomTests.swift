// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization
import Testing

@testable import TelemetrySDK

@Suite("Random ids")
struct ThreadRandomTests {
    @Test("are what xoshiro256++ gives")
    func reference() {
        // The first numbers from the state 1, 2, 3, 4, worked out by hand from the algorithm's definition.
        var words: (UInt64, UInt64, UInt64, UInt64) = (1, 2, 3, 4)
        #expect(ThreadRandom.step(&words) == 41_943_041)
        #expect(words == (7, 0, 262_146, 211_106_232_532_992))
        #expect(ThreadRandom.step(&words) == 58_720_359)
    }

    @Test("differ among threads, and each bit is set as often as not")
    func spread() {
        let seen = Mutex<Set<UInt64>>([])
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            let random = ThreadRandom()
            let numbers = (0..<2500).map { _ in random.next() }
            seen.withLock { $0.formUnion(numbers) }
        }
        let numbers = seen.withLock { $0 }
        #expect(numbers.count == 20_000)
        for bit in 0..<64 {
            let count = numbers.count { $0 >> bit & 1 == 1 }
            // Half of 20,000, give or take seven standard deviations.
            #expect(abs(count - 10_000) < 500)
        }
    }
}
