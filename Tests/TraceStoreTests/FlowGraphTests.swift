// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TraceStore

@Suite("Which traces belong to flows that are kept")
struct FlowGraphTests {
    /// Traces and what they caused, by number, and what retention asks of each.
    private struct Case {
        var count: Int
        var edges: [(cause: Int, effect: Int)] = []
        var summaries: [TraceSummary?]

        /// So many traces with links between them in any direction, circles among them; some are only linked to.
        static func random(_ chance: inout some RandomNumberGenerator) -> Case {
            let count = Int.random(in: 1...12, using: &chance)
            var made = Case(count: count, summaries: [])
            for _ in 0..<Int.random(in: 0...(count * 3 / 2), using: &chance) {
                let ends = (Int.random(in: 0..<count, using: &chance), Int.random(in: 0..<count, using: &chance))
                made.edges.append((cause: ends.0, effect: ends.1))
            }
            let marks: [TraceMarks] = [[], [], .error, .retry, .deadLetter]
            made.summaries = (0..<count).map { _ in
                Int.random(in: 0..<8, using: &chance) == 0
                    ? nil
                    : TraceSummary(
                        marks: marks.randomElement(using: &chance) ?? [],
                        waitMilliseconds: UInt32.random(in: 0...10, using: &chance),
                        durationMilliseconds: UInt32.random(in: 0...10, using: &chance)
                    )
            }
            return made
        }

        var graph: FlowGraph {
            var graph = FlowGraph()
            for (number, summary) in summaries.enumerated() { if let summary { graph.add(UInt32(number), summary) } }
            for edge in edges { graph.add(cause: UInt32(edge.cause), effect: UInt32(edge.effect)) }
            return graph
        }

        /// From which trace which ones can be reached, by trying every way again and again.
        private var reaches: [[Bool]] {
            var reaches = (0..<count).map { from in (0..<count).map { from == $0 } }
            for edge in edges { reaches[edge.cause][edge.effect] = true }
            for middle in 0..<count {
                for from in 0..<count where reaches[from][middle] {
                    for to in 0..<count where reaches[middle][to] { reaches[from][to] = true }
                }
            }
            return reaches
        }

        /// Every trace that a cause of one of these leads to.
        func flows(with traces: [Int]) -> Set<UInt32> {
            let reaches = reaches
            return Set(
                (0..<count).filter { trace in
                    (0..<count).contains { cause in reaches[cause][trace] && traces.contains { reaches[cause][$0] } }
                }.map { UInt32($0) }
            )
        }

        func matching(_ rules: TraceRetention) -> [Int] {
            summaries.indices.filter { number in
                guard let summary = summaries[number] else { return false }
                return rules.keepsErrors && summary.marks.contains(.error)
                    || rules.keepsRetries && summary.marks.contains(.retry)
                    || rules.keepsDeadLetters && summary.marks.contains(.deadLetter)
                    || rules.minimumWait.map { .milliseconds(Int(summary.waitMilliseconds)) >= $0 } ?? false
                    || rules.minimumDuration.map { .milliseconds(Int(summary.durationMilliseconds)) >= $0 } ?? false
            }
        }

        /// Traces that are there and that nothing caused.
        var origins: [Int] {
            summaries.indices.filter { number in
                summaries[number] != nil && !edges.contains { $0.effect == number && $0.cause != number }
            }
        }

        /// Every trace that one of these leads to.
        func effects(of traces: [Int]) -> Set<UInt32> {
            let reaches = reaches
            return Set((0..<count).filter { trace in traces.contains { reaches[$0][trace] } }.map { UInt32($0) })
        }
    }

    /// Numbers that come the same way every time.
    private struct Chance: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
            return mixed ^ mixed >> 31
        }
    }

    @Test("What is kept is what trying every way finds, whole, whatever the rules and however traces are linked")
    func twin() {
        for seed: UInt64 in 0..<3_000 {
            var chance = Chance(state: seed)
            let example = Case.random(&chance)
            var rules = TraceRetention(after: .zero, share: Bool.random(using: &chance) ? 0 : 1)
            rules.keepsErrors = Bool.random(using: &chance)
            rules.keepsRetries = Bool.random(using: &chance)
            rules.keepsDeadLetters = Bool.random(using: &chance)
            rules.minimumWait = Bool.random(using: &chance) ? .milliseconds(8) : nil
            rules.minimumDuration = Bool.random(using: &chance) ? .milliseconds(9) : nil
            var wanted = example.flows(with: example.matching(rules))
            if rules.share == 1 { wanted.formUnion(example.effects(of: example.origins)) }
            #expect(example.graph.kept(by: rules) == wanted, "seed \(seed)")
        }
    }

    @Test("The flows of some traces are those that trying every way finds")
    func flows() {
        for seed: UInt64 in 0..<1_000 {
            var chance = Chance(state: seed &+ 1 << 32)
            let example = Case.random(&chance)
            let traces = (0..<example.count).filter { _ in Bool.random(using: &chance) }
            let known = Set(example.summaries.indices.filter { example.summaries[$0] != nil })
                .union(example.edges.filter { $0.cause != $0.effect }.flatMap { [$0.cause, $0.effect] })
            let wanted = example.flows(with: traces).intersection(known.map { UInt32($0) })
            #expect(example.graph.flows(with: traces.map { UInt32($0) }) == wanted, "seed \(seed)")
        }
    }
}
