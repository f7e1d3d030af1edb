// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TracedJobs

@Suite("A backlog")
struct BacklogTests {
    private final class Thing: Sendable {
        let number: Int
        init(_ number: Int) { self.number = number }
    }

    @Test("hands out in order what came, however it is filled meanwhile")
    func order() {
        var backlog = Backlog<Int>()
        var (added, taken) = (0, [Int]())
        for round in 0..<500 {
            let more = added..<(added + round % 7)
            backlog.add(more)
            added = more.upperBound
            for _ in 0..<(round % 5) { if let number = backlog.take() { taken.append(number) } }
            #expect(backlog.count == added - taken.count)
        }
        taken += backlog.takeAll()
        #expect(taken == Array(0..<added))
        #expect(backlog.take() == nil && backlog.count == 0)
    }

    @Test("keeps nothing that was taken, though it is never empty")
    func release() {
        var backlog = Backlog<Thing>()
        weak var first: Thing?
        do {
            let thing = Thing(0)
            first = thing
            backlog.add([thing])
        }
        backlog.add((1...10).map { Thing($0) })
        #expect(first != nil)
        #expect(backlog.take()?.number == 0)
        #expect(first == nil)
        for number in 1...10_000 {
            backlog.add([Thing(number + 10)])
            weak var taken: Thing?
            do {
                let thing = backlog.take()
                #expect(thing?.number == number)
                taken = thing
            }
            #expect(taken == nil)
        }
        #expect(backlog.count == 10)
    }
}
