// SPDX-License-Identifier: Apache-2.0

import CStitchPlatform
import Synchronization

/// What stood for records that have their reports, for those that come after them.
///
/// Memory for a record is taken by its sender and would be given back by the producer's thread, which for any allocator is the
/// dearest way there is. Anybody gives back and takes, and nobody waits: who comes while another one takes gets none, and
/// makes one.
struct SendPool: ~Copyable {
    /// How many are kept at most, besides the last: somewhat more than the answers to a few full requests bring.
    static let capacity = 8192

    // Of whoever takes: whether somebody does, the first of those that may be taken, and how many were.
    private let isTaking = Atomic(false)
    private let ready = Atomic<UInt>(0)
    private let taken = Atomic<Int>(0)

    // Of those who give back: the first of what came since, and how many came.
    private let returned = Atomic<UInt>(0)
    private let given = Atomic<Int>(0)

    // What a sender gave back last, apart from the others: the next one finds it where memory is near. 0 for none.
    private let last = Atomic<UInt>(0)
    private let lastTaken = Atomic<Int>(0)

    /// How many were taken so far; where several senders take at once, it may be a few more.
    var takenCount: Int { taken.load(ordering: .relaxed) + lastTaken.load(ordering: .relaxed) }

    deinit {
        if let pointer = UnsafeRawPointer(bitPattern: last.load(ordering: .acquiring)) {
            Unmanaged<PendingSend>.fromOpaque(pointer).release()
        }
        SpentSends.release(ready.load(ordering: .acquiring))
        SpentSends.release(returned.load(ordering: .acquiring))
    }

    /// One that nobody else refers to; `nil` where there is none at the moment.
    @inline(__always)
    func take() -> PendingSend? { takeLast() ?? takeOther() }

    @inline(__always)
    private func takeLast() -> PendingSend? {
        if last.load(ordering: .relaxed) == 0 { return nil }
        guard let pointer = UnsafeRawPointer(bitPattern: last.exchange(0, ordering: .acquiring)) else { return nil }
        lastTaken.store(lastTaken.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        // The pool's reference.
        return Unmanaged<PendingSend>.fromOpaque(pointer).takeRetainedValue()
    }

    @inline(__always)
    private func takeOther() -> PendingSend? {
        if isTaking.exchange(true, ordering: .acquiring) { return nil }
        defer { isTaking.store(false, ordering: .releasing) }
        var first = ready.load(ordering: .relaxed)
        if first == 0 {
            if returned.load(ordering: .relaxed) == 0 { return nil }
            first = returned.exchange(0, ordering: .acquiring)
        }
        // The pool's reference.
        guard let pointer = UnsafeRawPointer(bitPattern: first) else { return nil }
        let send = Unmanaged<PendingSend>.fromOpaque(pointer).takeRetainedValue()
        let next = send.next
        ready.store(next, ordering: .relaxed)
        taken.store(taken.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        // Another processor had it last.
        if let next = UnsafeRawPointer(bitPattern: next) { stitch_expect_writes(next, 192) }
        return send
    }

    /// Gives back what its sender has no more use for, nor anybody else, with the sender's reference.
    func give(_ reference: Unmanaged<PendingSend>) {
        guard reference._withUnsafeGuaranteedRef({ $0.isReusable }) else { return reference.release() }
        let before = last.exchange(UInt(bitPattern: reference.toOpaque()), ordering: .acquiringAndReleasing)
        guard let pointer = UnsafeRawPointer(bitPattern: before) else { return }
        var spent = SpentSends()
        spent.add(.fromOpaque(pointer))
        give(spent)
    }

    /// Gives back what nobody refers to, or will use.
    func give(_ spent: consuming SpentSends) {
        let count = spent.count
        guard count > 0 else { return }
        let kept = given.wrappingAdd(count, ordering: .relaxed).newValue &- taken.load(ordering: .relaxed)
        guard kept <= Self.capacity else {
            given.wrappingSubtract(count, ordering: .relaxed)
            return
        }
        var head = returned.load(ordering: .relaxed)
        while true {
            spent.end(with: head)
            let (exchanged, original) = returned.compareExchange(
                expected: head,
                desired: spent.first,
                successOrdering: .releasing,
                failureOrdering: .relaxed
            )
            if exchanged { return spent.forget() }
            head = original
        }
    }
}

/// Some that are given back together; what is in it at its end is released.
struct SpentSends: ~Copyable {
    /// The first, retained, each of which names the next; 0 for none.
    fileprivate private(set) var first: UInt = 0
    private var last: Unmanaged<PendingSend>?
    private(set) var count = 0

    deinit {
        if count > 0 {
            end(with: 0)
            Self.release(first)
        }
    }

    /// Adds one that nobody else refers to, or will use, with the reference, which whoever takes it or releases it gives
    /// back.
    mutating func add(_ reference: Unmanaged<PendingSend>) {
        reference._withUnsafeGuaranteedRef { $0.next = first }
        if count == 0 { last = reference }
        first = UInt(bitPattern: reference.toOpaque())
        count += 1
    }

    fileprivate func end(with next: UInt) { last?._withUnsafeGuaranteedRef { $0.next = next } }

    fileprivate consuming func forget() { discard self }

    /// Releases one and all behind it.
    fileprivate static func release(_ first: UInt) {
        var address = first
        while let pointer = UnsafeRawPointer(bitPattern: address) {
            let send = Unmanaged<PendingSend>.fromOpaque(pointer).takeRetainedValue()
            address = send.next
        }
    }
}
