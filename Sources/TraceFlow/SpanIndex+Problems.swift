// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext

extension SpanIndex {
    /// What keeps a flow from being whole; empty when it is stitched.
    ///
    /// Also found is work on a message that the flow sent and that came without its context: by itself it belongs to no
    /// flow but its own.
    public func problems(of flow: Flow) -> [FlowProblem] {
        var attempts = Attempts(self)
        return flow.spans.flatMap { problems(of: $0, &attempts) } + lostMessages(of: flow)
    }

    private func problems(of span: SpanData, _ attempts: inout Attempts) -> [FlowProblem] {
        var problems: [FlowProblem] = []
        func add(_ kind: FlowProblem.Kind, _ text: String) {
            problems.append(FlowProblem(kind: kind, span: span.reference, description: "\(span.hop) \(text)"))
        }
        let parent = span.parent.map { SpanReference($0) }
        if let parent, self[parent] == nil {
            add(.orphan, span.orphanText(parent, ofTraceWith: spanCount(of: parent.traceID)))
        }
        for link in span.links {
            let target = SpanReference(link.context)
            // A parent that isn't there has been told of.
            guard self[target] == nil, target != parent else { continue }
            add(.danglingLink, span.danglingText(link, ofTraceWith: spanCount(of: target.traceID)))
        }
        guard span.messagingOperation == .process else { return problems }
        if let lack = span.missingCreationLinks { add(.missingCreationLink, lack) }
        if let attempt = span.attempt, attempt > 1, !span.links.contains(where: { $0.role == .previousAttempt }) {
            let previous = attempts.attempt(attempt - 1, at: span).map { ", which was \($0.hop)" } ?? ""
            add(.retryWithoutLink, "is attempt \(attempt) and has no link to attempt \(attempt - 1)\(previous)")
        }
        return problems
    }

    private func spanCount(of trace: TraceID) -> Int { graph.nodes(ofTrace: trace).count }

    private func lostMessages(of flow: Flow) -> [FlowProblem] {
        let unanswered = flow.spans.filter { span in
            span.createsMessages
                && !effects(of: span.reference).contains { $0.messagingOperation == .process }
        }
        guard !unanswered.isEmpty else { return [] }
        let unexplained = unexplained.filter { !flow.contains($0) }.compactMap { self[$0] }.sorted(
            by: SpanData.isEarlier
        )
        return unexplained.compactMap { span in
            guard let sent = unanswered.first(where: { $0.mayHaveSent(messageOf: span) }) else { return nil }
            let text = "nothing that follows \(sent.hop) is linked to it, and \(span.hop) "
            return FlowProblem(
                kind: .missingCreationLink,
                span: span.reference,
                description: text + (span.missingCreationLinks ?? "")
            )
        }
    }
}

/// The attempts at messages, looked up only once one is asked for.
private struct Attempts {
    private struct Key: Hashable {
        let message: String
        let destination: String?
        let number: Int
    }

    private let index: SpanIndex
    private var known: [Key: SpanData]?

    init(_ index: SpanIndex) { self.index = index }

    /// Another attempt at the message that a span works on; of several the earliest.
    mutating func attempt(_ number: Int, at span: SpanData) -> SpanData? {
        guard let message = span.messageID else { return nil }
        let known = known ?? all()
        self.known = known
        return known[Key(message: message, destination: span.destination, number: number)]
    }

    private func all() -> [Key: SpanData] {
        var all: [Key: SpanData] = [:]
        for span in index.spans {
            guard let message = span.messageID, let number = span.attempt else { continue }
            let key = Key(message: message, destination: span.destination, number: number)
            if let other = all[key], SpanData.isEarlier(other, span) { continue }
            all[key] = span
        }
        return all
    }
}

extension SpanData {
    /// What and where it is, so that a reader finds it: name, destination, service, ids, and which message it was about.
    var hop: String {
        let place = destination.flatMap { name.contains($0) ? nil : " of \($0)" } ?? ""
        let message =
            messageID.map { ", message \($0)" } ?? position.map { ", partition \($0.0), offset \($0.1)" } ?? ""
        return "\(name)\(place) (\(resource.serviceName), span \(spanID) of trace \(traceID)\(message))"
    }

    /// How the links to what created its messages fall short; `nil` if each has one.
    var missingCreationLinks: String? {
        let count = links.count { $0.role == .creation || $0.role == nil }
        guard let messages = batchCount else {
            return count > 0
                ? nil
                : "has no link to the span that created its message: no context came with it, or none "
                    + "that can be read"
        }
        guard count + droppedLinkCount < messages else { return nil }
        return
            "works on \(messages) messages and has links to the spans that created \(count) of them: no context came with "
            + "the others, or none that can be read"
    }

    /// Whether its context is what a message carries.
    fileprivate var createsMessages: Bool {
        kind == .producer && (messagingOperation == .send || messagingOperation == .create)
    }

    /// Whether work can be on a message that this span created, as far as they tell.
    fileprivate func mayHaveSent(messageOf work: SpanData) -> Bool {
        guard destination == work.destination, start <= work.end else { return false }
        if let sent = messageID, let received = work.messageID { return sent == received }
        if let sent = position, let received = work.position { return sent == received }
        return true
    }

    private typealias Attribute = MessagingConventions.Attribute

    fileprivate var messageID: String? { attributes[Attribute.messageID]?.stringValue }

    /// Partition and offset.
    private var position: (String, Int64)? {
        guard let partition = attributes[Attribute.partitionID]?.stringValue,
            let offset = attributes[Attribute.kafkaOffset]?.intValue
        else { return nil }
        return (partition, offset)
    }
}
