// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

/// A span that began before what caused it: clocks disagree.
public struct FlowSkew: Sendable, Hashable {
    /// The span.
    public var span: SpanReference

    /// What caused it; `nil` where only the span itself says that its message came from the future.
    public var cause: SpanReference?

    /// By how much at least the clocks disagree.
    public var duration: Duration
}

extension Flow {
    /// The waits that ended with a span's start, in order.
    ///
    /// They are what the span says; of a batch, what it says of that message of this flow that waited longest. What the
    /// attempt before took of that is no wait, and what followed it is back-off. Where nobody said anything, the wait lies
    /// between the end of what created the message, or of the attempt before, and the start. A negative wait is none: see
    /// ``skew(of:)``.
    public func waits(of span: SpanData) -> [FlowWait] {
        let own = span.waits
        let attempts = EarlierAttempts(before: span) { self[$0] }
        if !own.isEmpty { return EarlierAttempts.cut(own, at: attempts.end) }
        guard span.messagingOperation == .process || isRelay(span), !saysWait(span) else { return [] }
        let measured = links(of: span).filter(\.isCreation).map { link in
            EarlierAttempts.cut(link.attributes.waits(until: span.start, of: span), at: attempts.end(at: link))
        }
        let longest = measured.min { ($0.first?.start ?? span.start) < ($1.first?.start ?? span.start) }
        if let longest, !longest.isEmpty { return longest }
        return derivedWait(of: span).map { [$0] } ?? []
    }

    /// By how much a span began before what caused it; `nil` if it did not.
    public func skew(of span: SpanData) -> FlowSkew? {
        typealias Attribute = MessagingConventions.Attribute
        let links = links(of: span).filter { $0.isCause && span.linksJoin }
        let told = ([span.attributes] + links.map(\.attributes)).map { $0.duration(Attribute.clockSkew) }.max() ?? .zero
        let causes = links.map { SpanReference($0.context) } + [span.parentReference].compactMap { $0 }
        let latest = causes.filter { $0 != span.reference }.compactMap { self[$0] }.max { $0.start < $1.start }
        let seen = latest.map { $0.start.gap(since: span.start) } ?? .zero
        guard max(told, seen) > .zero else { return nil }
        return FlowSkew(
            span: span.reference,
            cause: seen > .zero ? latest?.reference : nil,
            duration: max(told, seen)
        )
    }

    /// The spans that began before what caused them, in the order of their start.
    public var skews: [FlowSkew] { spans.compactMap { skew(of: $0) } }

    private func saysWait(_ span: SpanData) -> Bool {
        typealias Attribute = MessagingConventions.Attribute
        return [Attribute.wait, Attribute.waitReady, Attribute.clockSkew].contains { span.attributes[$0] != nil }
    }

    private func derivedWait(of span: SpanData) -> FlowWait? {
        let links = links(of: span)
        let attempt = links.first { $0.role == .previousAttempt }.flatMap { self[SpanReference($0.context)] }
        let creations = links.filter(\.isCreation).compactMap { self[SpanReference($0.context)] }
        let creation = creations.max { $0.end < $1.end } ?? span.parentReference.flatMap { self[$0] }.flatMap(producer)
        guard let before = attempt ?? creation, before.reference != span.reference, before.end < span.start
        else { return nil }
        let reason: FlowWait.Reason =
            if attempt != nil { .backoff } else if isRelay(span) { .outbox } else { span.usualWait }
        return FlowWait(reason: reason, start: before.end, end: span.start, isDerived: true)
    }

    private func producer(_ span: SpanData) -> SpanData? { span.messagingOperation?.isProducing == true ? span : nil }

    private func isRelay(_ span: SpanData) -> Bool { span.isRelay { self[$0] } }
}

extension SpanData {
    /// Whether it sends messages that another made earlier, from an outbox.
    ///
    /// Messages that are made and sent together have the same parent; what moves a message links to the attempt too.
    func isRelay(_ find: (SpanReference) -> SpanData?) -> Bool {
        guard messagingOperation == .send, kind != .producer, !links.isEmpty else { return false }
        var isLater = false
        for link in links {
            guard let other = find(SpanReference(link.context)) else { continue }
            guard link.isCreation else { return false }
            let isBeside = other.traceID == traceID && other.parentSpanID == parentSpanID
            if other.messagingOperation == .create, !isBeside { isLater = true }
        }
        return isLater
    }
}
