// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Collects what is known of the skew between any two services.
struct SkewBounds {
    private struct Pair: Hashable, Comparable {
        var service: String
        var other: String

        static func < (a: Pair, b: Pair) -> Bool { (a.service, a.other) < (b.service, b.other) }
    }

    private struct Bounds {
        var atLeast: Int64?
        var atMost: Int64?
        var observations = 0
    }

    private var pairs: [Pair: Bounds] = [:]

    /// Adds what a span and those that it refers to tell.
    mutating func add(_ span: SpanData, _ table: SpanTable) {
        if let parent = span.parent.flatMap({ table[SpanReference($0)] }) {
            happened(parent.start, of: parent, before: span.start, of: span)
            // Who awaits an answer has it after the question arrived. The server's span may end later than the answer is in.
            if parent.kind == .client, span.kind == .server {
                happened(span.start, of: span, before: parent.end, of: parent)
            }
        }
        // A poll is asked before it is answered: only its end is after what it brought.
        let effect = span.messagingOperation == .receive ? span.end : span.start
        for link in span.links where link.isCause {
            guard let cause = table[SpanReference(link.context)] else { continue }
            // What sends a message ends with its acknowledgement, which may be later than the work; what only creates one
            // ends before the message goes.
            let moment = cause.messagingOperation == .create ? max(cause.start, cause.end) : cause.start
            happened(moment, of: cause, before: effect, of: span)
        }
    }

    private mutating func happened(
        _ earlier: Timestamp,
        of cause: SpanData,
        before later: Timestamp,
        of effect: SpanData
    ) {
        let (from, to) = (cause.resource.serviceName, effect.resource.serviceName)
        guard from != to else { return }
        let gap = later.nanoseconds(after: earlier)
        let isForward = from < to
        let pair = isForward ? Pair(service: from, other: to) : Pair(service: to, other: from)
        var bounds = pairs[pair] ?? Bounds()
        bounds.observations += 1
        if isForward {
            // By true time the effect is not earlier, so its clock is ahead by no more than what lies between.
            bounds.atMost = min(bounds.atMost ?? gap, gap)
        } else {
            bounds.atLeast = max(bounds.atLeast ?? -gap, -gap)
        }
        pairs[pair] = bounds
    }

    var estimates: [ClockSkew] {
        pairs.sorted { $0.key < $1.key }.map { pair, bounds in
            ClockSkew(
                service: pair.service,
                other: pair.other,
                atLeast: bounds.atLeast.map { .nanoseconds($0) },
                atMost: bounds.atMost.map { .nanoseconds($0) },
                observations: bounds.observations
            )
        }
    }
}
