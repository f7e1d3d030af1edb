// SPDX-License-Identifier: Apache-2.0

import TelemetryData

extension SpanIndex {
    /// What keeps a flow from being whole; empty when it is stitched.
    ///
    /// Also found is work on a message that the flow sent and that came without its context: by itself it belongs to no
    /// flow but its own.
    public func problems(of flow: Flow) -> [FlowProblem] {
        flow.spans.flatMap { problems(of: $0) } + lostMessages(of: flow)
    }

    private func problems(of span: SpanData) -> [FlowProblem] {
        var problems: [FlowProblem] = []
        func add(_ kind: FlowProblem.Kind, _ text: String) {
            problems.append(FlowProblem(kind: kind, span: span.reference, description: "\(span.hop) \(text)"))
        }
        let parent = span.parent.map { SpanReference($0) }
        if let parent, self[parent] == nil {
            let isCreation = span.links.contains { SpanReference($0.context) == parent && $0.role == .creation }
            add(
                .orphan,
                "is a child of \(isCreation ? "what created its message, " : "")\(missing(parent, from: span))"
            )
        }
        for link in span.links {
            let target = SpanReference(link.context)
            // A parent that isn't there has been told of.
            guard self[target] == nil, target != parent else { continue }
            add(.danglingLink, "links to \(link.purpose)\(missing(target, from: span))")
        }
        guard span.messagingOperation == .process else { return problems }
        if let lack = span.missingCreationLinks { add(.missingCreationLink, lack) }
        if let attempt = span.attempt, attempt > 1, !span.links.contains(where: { $0.role == .previousAttempt }) {
            let previous = self.attempt(attempt - 1, at: span).map { ", which was \($0.hop)" } ?? ""
            add(.retryWithoutLink, "is attempt \(attempt) and has no link to attempt \(attempt - 1)\(previous)")
        }
        return problems
    }

    /// What isn't there, and how much else of its trace is.
    private func missing(_ reference: SpanReference, from span: SpanData) -> String {
        let others = graph.nodes(ofTrace: reference.traceID).count - (span.traceID == reference.traceID ? 1 : 0)
        let rest =
            switch others {
            case ...0: "nor is anything else of that trace"
            case 1: "though 1 other span of that trace is"
            default: "though \(others) other spans of that trace are"
            }
        return "span \(reference.spanID) of trace \(reference.traceID), which isn't there, \(rest)"
    }

    /// Another attempt at the same message.
    private func attempt(_ number: Int, at span: SpanData) -> SpanData? {
        guard let message = span.messageID else { return nil }
        return spans.filter {
            $0.attempt == number && $0.messageID == message && $0.destination == span.destination
        }.min(by: SpanData.isEarlier)
    }

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

extension SpanLink {
    /// What the link is to, as a part of a sentence.
    fileprivate var purpose: String {
        switch role {
        case .creation: "what created its message, "
        case .previousAttempt: "the attempt before it, "
        case .attempt: "the attempt that it settles, "
        case .ambient: "what was current, "
        case nil: ""
        }
    }
}
