// SPDX-License-Identifier: Apache-2.0

import TraceContext

/// Which traces caused something in which others, over a whole store; for finding what belongs to the same flows.
///
/// Traces are known by a hash: where two share one, they count as one, which keeps more than it must and tears nothing.
struct FlowGraph {
    private var numbers: [UInt32: Int32] = [:]
    private var hashes: [UInt32] = []
    private var summaries: [(marks: TraceMarks, wait: UInt32, duration: UInt32)] = []
    private var isPresent: [Bool] = []
    private var edges: [(cause: Int32, effect: Int32)] = []

    /// A graph of nothing so far.
    init() {}

    /// The graph of all that a store holds at one moment.
    init(_ snapshot: StoreSnapshot) throws {
        for sealed in snapshot.sealed {
            try snapshot.ask(sealed) { partition in
                var traces = [UInt32](repeating: 0, count: partition.directory.rowCount)
                for trace in try partition.traces() {
                    let hash = trace.id.linkHash
                    add(hash, trace.summary)
                    for row in trace.rows { traces[row] = hash }
                }
                try partition.forEachLink { hash, row, joins in
                    if joins, row < traces.count { add(cause: hash, effect: traces[row]) }
                }
            }
        }
        for open in snapshot.open {
            open.forEachTrace(
                { add($0.linkHash, $1) },
                cause: { add(cause: $0.linkHash, effect: $1.linkHash) }
            )
        }
    }

    private mutating func number(of hash: UInt32) -> Int32 {
        if let number = numbers[hash] { return number }
        let number = Int32(truncatingIfNeeded: hashes.count)
        numbers[hash] = number
        hashes.append(hash)
        summaries.append(([], 0, 0))
        isPresent.append(false)
        return number
    }

    /// Adds a trace, or more of it.
    mutating func add(_ trace: UInt32, _ summary: TraceSummary) {
        let number = Int(number(of: trace))
        isPresent[number] = true
        summaries[number].marks.formUnion(summary.marks)
        summaries[number].wait = max(summaries[number].wait, summary.waitMilliseconds)
        summaries[number].duration = max(summaries[number].duration, summary.durationMilliseconds)
    }

    /// Adds that something in one trace caused something in another.
    mutating func add(cause: UInt32, effect: UInt32) {
        guard cause != effect else { return }
        edges.append((number(of: cause), number(of: effect)))
    }

    /// The traces of all flows that meet a rule, each whole.
    func kept(by rules: TraceRetention) -> Set<UInt32> {
        let (wait, duration) = (rules.minimumWait?.milliseconds, rules.minimumDuration?.milliseconds)
        var reasons: TraceMarks = []
        if rules.keepsErrors { reasons.insert(.error) }
        if rules.keepsRetries { reasons.insert(.retry) }
        if rules.keepsDeadLetters { reasons.insert(.deadLetter) }
        let matter = summaries.indices.filter { number in
            let summary = summaries[number]
            return !summary.marks.isDisjoint(with: reasons) || wait.map { summary.wait >= $0 } ?? false
                || duration.map { summary.duration >= $0 } ?? false
        }
        var kept = reach(matter, .up)
        // Neither a trace that is gone nor one whose cause is gone is an origin, or the rest of a flow that was dropped
        // could be chosen.
        var isEffect = summaries.map { $0.marks.contains(.isCaused) }
        for edge in edges { isEffect[Int(edge.effect)] = true }
        for number in hashes.indices where isPresent[number] && !isEffect[number] {
            if Self.isChosen(hashes[number], rules.share) { kept[number] = true }
        }
        return names(reach(kept.indices.filter { kept[$0] }, .down))
    }

    /// The traces of all flows that have a trace among these.
    func flows(with traces: some Sequence<UInt32>) -> Set<UInt32> {
        let up = reach(traces.compactMap { numbers[$0].map { Int($0) } }, .up)
        return names(reach(up.indices.filter { up[$0] }, .down))
    }

    private static func isChosen(_ hash: UInt32, _ share: Double) -> Bool {
        let mixed = (hash ^ hash >> 16) &* 0x45d9_f3b5
        return Double(mixed ^ mixed >> 15) < share * 4_294_967_296
    }

    private func names(_ isReached: [Bool]) -> Set<UInt32> {
        Set(isReached.indices.lazy.filter { isReached[$0] }.map { hashes[$0] })
    }

    private enum Direction { case up, down }

    /// What can be reached from some traces, they themselves among it.
    private func reach(_ start: [Int], _ direction: Direction) -> [Bool] {
        var first = [Int32](repeating: 0, count: hashes.count + 1)
        func ends(_ edge: (cause: Int32, effect: Int32)) -> (from: Int, to: Int32) {
            direction == .down ? (Int(edge.cause), edge.effect) : (Int(edge.effect), edge.cause)
        }
        for edge in edges { first[ends(edge).from + 1] += 1 }
        for index in hashes.indices { first[index + 1] += first[index] }
        var next = first
        var targets = [Int32](repeating: 0, count: edges.count)
        for edge in edges {
            let (from, to) = ends(edge)
            targets[Int(next[from])] = to
            next[from] += 1
        }
        var isReached = [Bool](repeating: false, count: hashes.count)
        var waiting = start
        for number in start { isReached[number] = true }
        while let number = waiting.popLast() {
            for index in first[number]..<first[number + 1] where !isReached[Int(targets[Int(index)])] {
                isReached[Int(targets[Int(index)])] = true
                waiting.append(Int(targets[Int(index)]))
            }
        }
        return isReached
    }
}

extension Duration {
    /// Whole milliseconds, cut off.
    fileprivate var milliseconds: UInt32 { UInt32(clamping: nanoseconds / 1_000_000) }
}
