// SPDX-License-Identifier: Apache-2.0

public import TelemetryAPI

/// What has to hold of a span that is about to start for a rule to be asked.
public struct SamplingCondition: Sendable {
    let readsAttributes: Bool
    private let holds: @Sendable (SamplingRequest) -> Bool

    /// A condition of one's own.
    ///
    /// - Parameters:
    ///   - readsAttributes: Whether it looks at attributes or links.
    ///   - holds: Whether it holds; any thread may call it.
    public init(readsAttributes: Bool, _ holds: @escaping @Sendable (SamplingRequest) -> Bool) {
        self.readsAttributes = readsAttributes
        self.holds = holds
    }

    func holds(of span: SamplingRequest) -> Bool { holds(span) }

    /// The span has this name.
    public static func name(_ name: String) -> Self {
        Self(readsAttributes: false) { $0.name == name }
    }

    /// The span's name begins so.
    public static func name(startsWith start: String) -> Self {
        Self(readsAttributes: false) { $0.name.hasPrefix(start) }
    }

    /// The span is of this kind.
    public static func kind(_ kind: SpanKind) -> Self {
        Self(readsAttributes: false) { $0.kind == kind }
    }

    /// The span starts with this attribute.
    public static func attribute(_ key: String, _ value: AttributeValue) -> Self {
        Self(readsAttributes: true) { $0.attributes[key] == value }
    }

    /// The messages come from or go to this topic or queue.
    ///
    /// Of jobs either the queue's name or `queue/kind`.
    public static func queue(_ name: String) -> Self {
        Self(readsAttributes: true) { span in
            [MessagingConventions.Attribute.destinationName, MessagingConventions.Attribute.jobQueue]
                .contains { span.attributes[$0]?.stringValue == name }
        }
    }

    /// It is at least the so-manieth attempt of a job, counted from 1.
    public static func attempt(atLeast number: Int) -> Self {
        Self(readsAttributes: true) { span in
            (span.attributes[MessagingConventions.Attribute.jobAttempt]?.intValue).map { $0 >= number } ?? false
        }
    }

    /// There was an attempt before this one: of a job, or of the work on a message.
    public static var retried: Self {
        Self(readsAttributes: true) { span in
            let role = AttributeValue.string(MessagingConventions.LinkRole.previousAttempt.rawValue)
            return span.attributes[MessagingConventions.Attribute.jobAttempt]?.intValue ?? 1 > 1
                || span.links.contains { $0.attributes[MessagingConventions.Attribute.linkRole] == role }
        }
    }

    /// The message or job has waited at least so long for the work on it to begin; of a batch, one of its messages.
    public static func wait(atLeast wait: Duration) -> Self {
        let seconds = wait / .seconds(1)
        @Sendable func isLong(_ attributes: Attributes) -> Bool {
            (attributes[MessagingConventions.Attribute.wait]?.doubleValue).map { $0 >= seconds } ?? false
        }
        return Self(readsAttributes: true) { span in
            isLong(span.attributes) || span.links.contains { isLong($0.attributes) }
        }
    }

    /// The span has no parent.
    public static var root: Self {
        Self(readsAttributes: false) { $0.parent == nil }
    }
}
