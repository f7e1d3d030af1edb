// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

extension SpanIndex {
    /// The spans that a span goes back to: up from it to its parent, to what created its message and to the attempt
    /// before, until nothing caused it.
    ///
    /// A batch goes back to one for each of its messages.
    public func origins(of span: SpanData) -> [SpanData] {
        var seen: Set<SpanReference> = [span.reference]
        var waiting = [span]
        var origins: [SpanData] = []
        while let next = waiting.popLast() {
            let causes = causes(of: next)
            if causes.isEmpty { origins.append(next) }
            for cause in causes where seen.insert(cause).inserted {
                if let span = spans[cause] { waiting.append(span) }
            }
        }
        return origins.sorted(by: SpanData.isEarlier)
    }

    /// What an origin caused: down from it to children and to spans that link to a span of the flow, and never up
    /// again, so that a batch doesn't bring in the flows of its other messages.
    ///
    /// - Parameters:
    ///   - origin: The span to begin with.
    ///   - limit: How many spans the flow may have, from 1; more are left out and the flow says so.
    /// - Returns: The flow, the origin first.
    public func flow(from origin: SpanData, limit: Int = Flow.defaultLimit) -> Flow {
        var seen: Set<SpanReference> = [origin.reference]
        var found = [origin]
        var isTruncated = false
        var position = 0
        walk: while position < found.count {
            for effect in effects(of: found[position].reference) {
                guard let span = spans[effect], seen.insert(effect).inserted else { continue }
                guard found.count < max(1, limit) else {
                    isTruncated = true
                    break walk
                }
                found.append(span)
            }
            position += 1
        }
        let rest = found.dropFirst().sorted(by: SpanData.isEarlier)
        return Flow(origin: origin, spans: [origin] + rest, isTruncated: isTruncated)
    }
}
