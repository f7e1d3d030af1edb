// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

extension SpanData {
    /// What the span does with messages; `nil` if it has nothing to do with any.
    public var messagingOperation: MessagingConventions.Operation? {
        attributes[MessagingConventions.Attribute.operationType]?.stringValue.flatMap {
            MessagingConventions.Operation(rawValue: $0)
        }
    }

    /// How many messages it works on at once; `nil` for a single one.
    public var batchCount: Int? {
        attributes[MessagingConventions.Attribute.batchMessageCount]?.intValue.map { Int($0) }
    }

    /// Which attempt of a job it is, from 1, or at another message, from 2; `nil` if it doesn't say.
    public var attempt: Int? {
        guard messagingOperation == .process else { return nil }
        let attempt =
            attributes[MessagingConventions.Attribute.jobAttempt]
            ?? attributes[MessagingConventions.Attribute.messageAttempt]
        return attempt?.intValue.map { Int(clamping: $0) }
    }

    /// The topic or queue.
    public var destination: String? {
        attributes[MessagingConventions.Attribute.destinationName]?.stringValue
    }

    /// Whether what this span links to belongs to the same flow.
    ///
    /// Asking for messages and settling them joins nothing: one poll would make a single flow of all traces of a
    /// system.
    var linksJoin: Bool { Self.linksJoin(messagingOperation) }

    static func linksJoin(_ operation: MessagingConventions.Operation?) -> Bool {
        operation != .receive && operation != .settle
    }

    /// The spans that created the messages that it has to do with, as far as it is linked to them.
    var creations: [SpanReference] {
        links.filter(\.isCreation).map { SpanReference($0.context) }
    }
}

extension SpanLink {
    /// What the link is to, if whoever made it said so.
    public var role: MessagingConventions.LinkRole? {
        attributes[MessagingConventions.Attribute.linkRole]?.stringValue.flatMap {
            MessagingConventions.LinkRole(rawValue: $0)
        }
    }

    /// Whether it leads from a span to what caused it.
    ///
    /// The span that happened to be current when a message was processed caused nothing.
    var isCause: Bool { role != .ambient }

    /// Whether it is to what created a message; other libraries don't say what their links are to.
    var isCreation: Bool { role == .creation || role == nil }
}
