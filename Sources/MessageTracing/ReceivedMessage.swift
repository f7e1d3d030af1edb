// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI
public import TelemetryData
public import TraceContext

/// What tracing has to know of a message that is to be worked on.
public struct ReceivedMessage: Sendable {
    /// What came with it.
    public var carrier: ContextCarrier

    /// Its id, where it has one.
    public var id: String?

    /// When it was created.
    public var created: Timestamp?

    /// How long it waited.
    public var wait: MessageWait?

    /// The attempt before this one, if there was one.
    public var previousAttempt: SpanContext?

    /// What else there is to say about it: partition, offset, attempt.
    public var attributes: Attributes

    /// Whether this delivery was counted before: an earlier try of the same delivery, or a message that a span of
    /// receiving has counted.
    public var isCounted = false

    /// When the flow began that the message belongs to, where that is known.
    public var origin: Timestamp?

    /// What the carrier's reader found wrong that the carrier no longer shows: fields that came more than once, and a
    /// context that was left out because it can't be read.
    public var flaws: Set<MessagingConventions.ContextFlaw> = []

    /// A message to be worked on.
    public init(
        carrier: ContextCarrier,
        id: String? = nil,
        created: Timestamp? = nil,
        wait: MessageWait? = nil,
        previousAttempt: SpanContext? = nil,
        attributes: Attributes = Attributes()
    ) {
        self.carrier = carrier
        self.id = id
        self.created = created
        self.wait = wait
        self.previousAttempt = previousAttempt
        self.attributes = attributes
    }

    /// The context of the span that created it, if the carrier holds one.
    var creationContext: SpanContext? {
        TelemetrySystem.tracer.extract(from: carrier)
    }
}
