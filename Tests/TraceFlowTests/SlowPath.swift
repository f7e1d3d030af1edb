// SPDX-License-Identifier: Apache-2.0

import TelemetryData

@testable import TraceFlow

/// The critical path the long way: each question is answered by looking at all spans, and each step is a call.
struct SlowPath {
    typealias Segment = CriticalPath.Segment

    let flow: Flow
    private var causes: [SpanReference: SpanReference] = [:]
    private var cut: Set<SpanReference> = []
    private var taken: Set<SpanReference> = []

    private var origin: SpanReference { flow.origin.reference }

    init(_ flow: Flow) {
        self.flow = flow
        for span in flow.spans where span.reference != origin {
            causes[span.reference] = lastAwaited(by: span) ?? origin
        }
        for span in flow.spans {
            var circle = [span.reference]
            while let next = causes[circle[circle.count - 1]], next != origin, circle.count <= flow.spans.count {
                if next == span.reference {
                    let first = circle.min { position($0) < position($1) } ?? next
                    causes[first] = origin
                    cut.insert(first)
                    break
                }
                circle.append(next)
            }
        }
    }

    /// The segments, in order.
    mutating func segments() -> [Segment] {
        let last = flow.spans.max { (end($0), position($0.reference)) < (end($1), position($1.reference)) }
        guard let last else { return [] }
        return path(to: last, at: end(last))
    }

    private mutating func path(to span: SpanData, at time: UInt64) -> [Segment] {
        let calls = flow.spans.filter { isCall($0) && causes[$0.reference] == span.reference && end($0) <= time }
        let open = calls.filter { !taken.contains($0.reference) }
        if let call = open.max(by: { key($0) < key($1) }) {
            taken.insert(call.reference)
            return path(to: call, at: end(call)) + segment(.work, span, end(call), time)
        }
        let begin = start(span)
        let own = segment(.work, span, begin, time)
        guard span.reference != origin, let reference = causes[span.reference], let cause = flow[reference]
        else { return own }
        if isCall(span) { return path(to: cause, at: min(begin, time)) + own }
        var gap: [Segment] = []
        var moment = min(begin, time)
        let isRetry = isRetry(span, of: cause)
        for wait in flow.waits(of: span).reversed() {
            let from = min(moment, max(wait.start.nanoseconds, isRetry ? end(cause) : start(cause)))
            gap = segment(.wait(wait.reason), span, from, moment) + gap
            moment = from
        }
        let from = min(moment, end(cause))
        gap = segment(.other, span, from, moment) + gap
        return path(to: cause, at: from) + gap + own
    }

    private func segment(_ kind: Segment.Kind, _ span: SpanData, _ from: UInt64, _ to: UInt64) -> [Segment] {
        guard from < to else { return [] }
        let (start, end) = (Timestamp(nanoseconds: from), Timestamp(nanoseconds: to))
        return [Segment(kind: kind, span: span.reference, start: start, end: end)]
    }

    private func position(_ reference: SpanReference) -> Int {
        flow.spans.firstIndex { $0.reference == reference } ?? 0
    }

    private func key(_ span: SpanData) -> (UInt64, UInt64, Int) { (end(span), start(span), position(span.reference)) }

    private func start(_ span: SpanData) -> UInt64 {
        guard let cause = causes[span.reference].flatMap({ flow[$0] }) else { return span.start.nanoseconds }
        return max(span.start.nanoseconds, start(cause))
    }

    private func end(_ span: SpanData) -> UInt64 { max(start(span), span.end.nanoseconds) }

    private func isArrival(_ span: SpanData) -> Bool {
        span.messagingOperation == .process || span.kind == .consumer || !flow.waits(of: span).isEmpty
    }

    /// Whether the cause of a span has to await its end.
    private func isCall(_ span: SpanData) -> Bool {
        guard let reference = causes[span.reference], let cause = flow[reference], !cut.contains(span.reference),
            span.traceID == cause.traceID, span.parentSpanID == cause.spanID,
            span.start < max(cause.start, cause.end)
        else { return false }
        let producing: [MessagingConventions.Operation?] = [.create, .send]
        let isElsewhere = cause.resource.serviceName != span.resource.serviceName
        return !isArrival(span) || !(producing.contains(cause.messagingOperation) || isElsewhere)
    }

    /// Whether a span says that what it had to await was an attempt at the same.
    private func isRetry(_ span: SpanData, of cause: SpanData) -> Bool {
        let attempts = span.links.filter { $0.role == .previousAttempt }.map { SpanReference($0.context) }
        return attempts.contains(cause.reference) && !cut.contains(span.reference)
    }

    private func lastAwaited(by span: SpanData) -> SpanReference? {
        let parent = flow.spans.first {
            $0.traceID == span.traceID && $0.spanID == span.parentSpanID && $0.reference != span.reference
        }
        if !isArrival(span), let parent { return parent.reference }
        var candidates: [(release: UInt64, cause: SpanReference)] = []
        for link in span.links where link.isCause && span.linksJoin {
            guard let cause = flow[SpanReference(link.context)], cause.reference != span.reference else { continue }
            let raw = min(max(cause.start, cause.end), span.start).nanoseconds
            let known = link.attributes.waits(until: span.start, of: span).first?.start.nanoseconds
            candidates.append((known ?? raw, cause.reference))
        }
        if let parent {
            candidates.append((min(max(parent.start, parent.end), span.start).nanoseconds, parent.reference))
        }
        let latest = candidates.map(\.release).max()
        return candidates.first { $0.release == latest }?.cause
    }
}
