// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@testable import TraceFlow

@Suite("Two windows of time")
struct WindowComparisonTests {
    private static let kind = FlowKind(service: "shop", name: "place order")

    private func flow(_ number: UInt64, milliseconds: Int, _ attributes: Attributes = Attributes()) -> Flow {
        var root = Fixture.span("place order", trace: number, 1, attributes: attributes)
        root.end = root.start.advanced(by: .milliseconds(milliseconds))
        root.attributes["order.id"] = .int(Int64(number))
        root.attributes["load"] = .double(Double(number))
        return SpanIndex([root]).flow(from: root)
    }

    @Test("Each hop has both windows' figures; new and gone hops are told")
    func hops() throws {
        func order(_ number: UInt64, _ second: String, milliseconds: Int) -> Flow {
            let root = flow(number, milliseconds: milliseconds).origin
            return SpanIndex([root, Fixture.span(second, trace: number, 2, parent: 1, start: 1)]).flow(from: root)
        }
        let comparison = WindowComparison(
            of: Self.kind,
            before: (1...50).map { order($0, "old", milliseconds: 11) },
            after: (51...100).map { order($0, "new", milliseconds: 31) }
        )
        #expect(comparison.newHops.map(\.path.last?.name) == ["new"])
        #expect(comparison.goneHops.map(\.path.last?.name) == ["old"])
        let first = try #require(comparison.changes.first)
        #expect(first.path.depth == 0 && first.p50 == .milliseconds(20) && first.p95 == .milliseconds(20))
        #expect(comparison.slowFrom == .milliseconds(11))
    }

    @Test("What slow flows have in common is told with counts, and what all have is not")
    func suspect() throws {
        let before = (1...100).map { flow($0, milliseconds: 10, ["host": "a", "version": "1"]) }
        let after = (101...200).map { (number: UInt64) in
            let isSlow = number % 10 == 0
            return flow(number, milliseconds: isSlow ? 500 : 10, ["host": isSlow ? "b" : "a", "version": "2"])
        }
        let suspects = WindowComparison(of: Self.kind, before: before, after: after).suspects
        #expect(suspects.map { "\($0.service) \($0.key)=\($0.value)" } == ["shop host=b"])
        let suspect = try #require(suspects.first)
        #expect(suspect.slow == Suspect.Share(flows: 10, total: 10))
        #expect(suspect.others == Suspect.Share(flows: 0, total: 90))
        #expect(suspect.earlier == Suspect.Share(flows: 0, total: 100))
    }

    @Test("Small numbers prove nothing: four of four, or what many others have too")
    func small() {
        func suspects(slow: Int, others: Int) -> Int {
            let after = (1...100).map { number in
                let isSlow = number <= 4 + slow
                let has = isSlow ? number <= slow : number <= 4 + slow + others
                return flow(UInt64(number), milliseconds: isSlow ? 500 : 10, has ? ["host": "b"] : [:])
            }
            return WindowComparison(of: Self.kind, before: [Flow](), after: after, slowFrom: .milliseconds(100))
                .suspects.count
        }
        #expect(suspects(slow: 4, others: 0) == 0)
        #expect(suspects(slow: 8, others: 30) == 0)
        #expect(suspects(slow: 20, others: 0) == 1)
    }

    @Test("Attributes that have nothing to do with being slow are not told of", arguments: 0..<40)
    func noise(_ seed: UInt64) {
        var chance = Chance(seed)
        let flows = (1...400).map { number in
            var attributes = Attributes()
            for key in 0..<30 { attributes["key\(key)"] = .int(Int64(chance.below(key + 2))) }
            return flow(UInt64(number), milliseconds: chance.happens(5) ? 500 : 10, attributes)
        }
        let comparison = WindowComparison(of: Self.kind, before: [Flow](), after: flows, slowFrom: .milliseconds(100))
        #expect(comparison.suspects.isEmpty)
    }

    @Test("The chance of counts is that of all ways to draw them")
    func exactTest() {
        // How many ways there are to choose, by Pascal's triangle.
        var ways: [[Double]] = [[1]]
        for row in 1...24 {
            ways.append((0...row).map { $0 == 0 || $0 == row ? 1 : ways[row - 1][$0 - 1] + ways[row - 1][$0] })
        }
        func choose(_ all: Int, _ some: Int) -> Double { (0...all).contains(some) ? ways[all][some] : 0 }
        for all in [1, 2, 7, 24] {
            for drawn in 0...all {
                for marked in 0...all {
                    for hits in 0...min(drawn, marked) {
                        let tail = (hits...all).reduce(0.0) {
                            $0 + choose(marked, $1) * choose(all - marked, drawn - $1)
                        }
                        let chance = ExactTest.chance(of: hits, among: drawn, when: marked, of: all)
                        #expect(abs(chance - tail / choose(all, drawn)) < 1e-12)
                    }
                }
            }
        }
        #expect(ExactTest.chance(of: 50_000, among: 50_000, when: 50_000, of: 1_000_000) == 0)
        #expect(ExactTest.chance(of: 5, among: 3, when: 5, of: 10) == 1)
    }
}
