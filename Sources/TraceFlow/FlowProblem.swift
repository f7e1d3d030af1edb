// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Something that keeps a flow from being whole.
public struct FlowProblem: Sendable, Hashable, CustomStringConvertible {
    /// The kinds of problem; more may come, so a `switch` over kinds needs a `default`.
    public struct Kind: Sendable, Hashable, CustomStringConvertible {
        /// The kind's name.
        public let description: String

        /// A span links to one that isn't there.
        public static let danglingLink = Kind(description: "dangling-link")
        /// A span's parent isn't there.
        public static let orphan = Kind(description: "orphan")
        /// A message was processed without a link to the span that created it.
        public static let missingCreationLink = Kind(description: "missing-creation-link")
        /// A second or later attempt has no link to the one before.
        public static let retryWithoutLink = Kind(description: "retry-without-link")
    }

    /// What kind of problem it is.
    public var kind: Kind

    /// The span that has it.
    public var span: SpanReference

    /// Which hop broke and how, in one sentence.
    public var description: String
}

extension SpanIndex {
    /// What keeps a flow from being whole; empty when it is stitched.
    public func problems(of flow: Flow) -> [FlowProblem] {
        flow.spans.flatMap { problems(of: $0) }
    }

    private func problems(of span: SpanData) -> [FlowProblem] {
        let who = "\(span.name) (\(span.resource.serviceName), span \(span.spanID))"
        var problems: [FlowProblem] = []
        func add(_ kind: FlowProblem.Kind, _ text: String) {
            problems.append(FlowProblem(kind: kind, span: span.reference, description: text))
        }
        if let parent = span.parent, spans[SpanReference(parent)] == nil {
            add(.orphan, "\(who) is a child of span \(parent.spanID), which isn't there")
        }
        for link in span.links where spans[SpanReference(link.context)] == nil {
            add(.danglingLink, "\(who) links to span \(link.spanID) of trace \(link.traceID), which isn't there")
        }
        guard span.messagingOperation == .process else { return problems }
        if !span.links.contains(where: { $0.role == .creation || $0.role == nil }) {
            add(.missingCreationLink, "\(who) has no link to the span that created its message")
        }
        if let attempt = span.attempt, attempt > 1, !span.links.contains(where: { $0.role == .previousAttempt }) {
            add(.retryWithoutLink, "\(who) is attempt \(attempt) and has no link to attempt \(attempt - 1)")
        }
        return problems
    }
}
