// SPDX-License-Identifier: Apache-2.0

public import TelemetryAPI
import TelemetryData

/// What is measured of messages: the four metrics of OpenTelemetry's messaging conventions v1.44.0, and Stitch's own.
///
/// Sampling doesn't matter to them: a span that nobody keeps counts like any other.
public enum MessagingMetrics {
    private typealias Metric = MessagingConventions.Metric
    private typealias Boundaries = MessagingConventions.Boundaries

    /// How long an operation took that a client asked a broker for.
    public static let operationDuration = Histogram.Description(
        Metric.operationDuration,
        unit: "s",
        description: "How long a client's operation at the broker took.",
        boundaries: Boundaries.duration
    )

    /// How long work on a message, or on several at once, took.
    public static let processDuration = Histogram.Description(
        Metric.processDuration,
        unit: "s",
        description: "How long work on messages took.",
        boundaries: Boundaries.duration
    )

    /// How many messages were sent, with `error.type` those that were not acknowledged.
    public static let sentMessages = Counter.Description(
        Metric.sentMessages,
        unit: "{message}",
        description: "How many messages were sent, acknowledged or not."
    )

    /// How many messages were delivered, each counted once per delivery.
    public static let consumedMessages = Counter.Description(
        Metric.consumedMessages,
        unit: "{message}",
        description: "How many messages were delivered."
    )

    /// How long messages waited to be worked on.
    public static let messageWait = Histogram.Description(
        Metric.messageWait,
        unit: "s",
        description: "How long messages waited to be worked on.",
        boundaries: Boundaries.wait
    )

    /// By how much messages seemed to come from the future; these have no wait.
    public static let messageClockSkew = Histogram.Description(
        Metric.messageClockSkew,
        unit: "s",
        description: "By how much messages seemed to come from the future.",
        boundaries: Boundaries.wait
    )

    /// How long after the origin of its flow the work on a message began, where the origin is known.
    public static let flowLatency = Histogram.Description(
        Metric.flowLatency,
        unit: "s",
        description: "How long after the origin of its flow work on a message began.",
        boundaries: Boundaries.wait
    )

    /// How many messages came without a context, or with one that is not as it should be.
    public static let context = Counter.Description(
        Metric.context,
        unit: "{message}",
        description: "How many messages had a missing, invalid or duplicate trace context."
    )
}

extension MessageTarget {
    /// What the conventions' metrics say of an operation.
    ///
    /// - Parameters:
    ///   - attributes: Where to say it.
    ///   - operation: What is done.
    ///   - destination: The destination, where there is one.
    ///   - partition: The partition, where there is one.
    func fillMetric(
        _ attributes: inout Attributes,
        _ operation: MessagingConventions.Operation,
        destination: String?,
        partition: AttributeValue?
    ) {
        typealias Attribute = MessagingConventions.Attribute
        attributes[Attribute.operationName] = .string(name(of: operation))
        fillPlace(&attributes, destination: destination, withGroup: !operation.isProducing)
        attributes[Attribute.partitionID] = partition
        attributes[Attribute.serverAddress] = self.attributes[Attribute.serverAddress]
        attributes[Attribute.serverPort] = self.attributes[Attribute.serverPort]
    }

    /// Which place a metric of Stitch's own is about.
    func fillPlace(_ attributes: inout Attributes, destination: String?, withGroup: Bool = true) {
        typealias Attribute = MessagingConventions.Attribute
        attributes[Attribute.system] = .string(system)
        attributes.set(Attribute.destinationName, destination)
        if withGroup { attributes.set(Attribute.consumerGroup, consumerGroup) }
    }
}
