// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable @_spi(Observing) import StitchKafka

@Suite("What stood for records that have their reports", .timeLimit(.minutes(1)))
struct SendPoolTests {
    /// Tells who has it, and when it is gone.
    private final class Watched: PendingSend, @unchecked Sendable {
        private let alive: Counter
        let isHeld = Atomic(false)

        init(_ alive: Counter) {
            self.alive = alive
            super.init()
            alive.add(1)
        }

        deinit { alive.add(-1) }
    }

    private final class Counter: Sendable {
        private let count = Atomic(0)

        func add(_ number: Int) { count.wrappingAdd(number, ordering: .relaxed) }

        var value: Int { count.load(ordering: .relaxed) }
    }

    @Test("is had again, each once, and goes with its pool")
    func again() {
        let alive = Counter()
        do {
            let pool = SendPool()
            var taken = pool.take()
            #expect(taken == nil)
            var spent = SpentSends()
            spent.add(.passRetained(Watched(alive)))
            spent.add(.passRetained(Watched(alive)))
            pool.give(spent)
            pool.give(.passRetained(Watched(alive)))
            var all: [PendingSend] = []
            while let next = pool.take() { all.append(next) }
            #expect(all.count == 3 && Set(all.map { ObjectIdentifier($0) }).count == 3 && alive.value == 3)
            #expect(pool.takenCount == 3)
            pool.give(.passRetained(all[0]))
            pool.give(.passRetained(all[1]))
            taken = pool.take()
            #expect(taken === all[1] || taken === all[0])
            taken = nil
            all = []
            #expect(alive.value == 1)
        }
        #expect(alive.value == 0)
    }

    @Test("is let go where there is enough of it")
    func bounded() {
        let alive = Counter()
        let pool = SendPool()
        for _ in 0..<(SendPool.capacity / 64 + 10) {
            var spent = SpentSends()
            for _ in 0..<64 { spent.add(.passRetained(Watched(alive))) }
            pool.give(spent)
        }
        #expect(alive.value == SendPool.capacity)
        var count = 0
        while pool.take() != nil { count += 1 }
        #expect(count == SendPool.capacity && alive.value == 0)
        // There is room again.
        pool.give(.passRetained(Watched(alive)))
        let taken = pool.take()
        #expect(taken != nil)
    }

    @Test("is never had by two at once")
    func alone() async {
        let alive = Counter()
        let twice = Counter()
        let pool = Shared()
        await withTaskGroup { group in
            for task in 0..<4 {
                group.addTask {
                    for turn in 0..<20_000 {
                        var spent = SpentSends()
                        for _ in 0..<(turn % 3 + task % 2) {
                            let taken = pool.pool.take().map { unsafeDowncast($0, to: Watched.self) }
                            let send = taken ?? Watched(alive)
                            if send.isHeld.exchange(true, ordering: .relaxed) { twice.add(1) }
                            send.isHeld.store(false, ordering: .relaxed)
                            // As a sender that has waited does, and as the producer's thread.
                            if turn & 1 == 0 {
                                pool.pool.give(.passRetained(send))
                            } else {
                                spent.add(.passRetained(send))
                            }
                        }
                        pool.pool.give(spent)
                    }
                }
            }
        }
        #expect(twice.value == 0)
        #expect(pool.pool.takenCount > 0)
        var left = 0
        while pool.pool.take() != nil { left += 1 }
        #expect(left > 0 && alive.value == 0)
    }

    private final class Shared: Sendable { let pool = SendPool() }
}
