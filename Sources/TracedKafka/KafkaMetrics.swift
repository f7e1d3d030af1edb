// SPDX-License-Identifier: Apache-2.0

public import TelemetryAPI

/// What traced clients measure of librdkafka's statistics, every `statisticsInterval` of their configuration; nothing
/// without one.
///
/// OpenTelemetry has conventions for messages, not for the inside of a client, so the names are Stitch's own. Each
/// measurement has `messaging.system` and `messaging.client.id`; those of a broker have `stitch.kafka.broker.id`, those of
/// a partition `messaging.destination.name` and `messaging.destination.partition.id`, and a consumer's
/// `messaging.consumer.group.name` as well.
public enum KafkaMetrics {
    /// Records in the local queue of a producer, those in flight included.
    public static let queuedRecords = Gauge.Description(
        "stitch.kafka.queue.records",
        unit: "{message}",
        description: "Records in the local queue of a producer, those in flight included."
    )

    /// Bytes of the records in the local queue.
    public static let queuedBytes = Gauge.Description(
        "stitch.kafka.queue.size",
        unit: "By",
        description: "Bytes of the records in the local queue of a producer."
    )

    /// Bytes sent to a broker.
    public static let sentBytes = Counter.Description(
        "stitch.kafka.broker.sent",
        unit: "By",
        description: "Bytes sent to a broker."
    )

    /// Bytes received from a broker.
    public static let receivedBytes = Counter.Description(
        "stitch.kafka.broker.received",
        unit: "By",
        description: "Bytes received from a broker."
    )

    /// Requests sent to a broker.
    public static let requests = Counter.Description(
        "stitch.kafka.broker.requests",
        unit: "{request}",
        description: "Requests sent to a broker."
    )

    /// Requests that failed; `error.type` is `send`, `receive` or `timeout`.
    public static let failedRequests = Counter.Description(
        "stitch.kafka.broker.failed_requests",
        unit: "{request}",
        description: "Requests that could not be sent, whose response could not be read, or that got none in time."
    )

    /// Connections to a broker that ended.
    public static let disconnects = Counter.Description(
        "stitch.kafka.broker.disconnects",
        unit: "{connection}",
        description: "Connections to a broker that ended."
    )

    /// How long a broker took to answer, on average in the last interval.
    public static let roundTrip = Gauge.Description(
        "stitch.kafka.broker.round_trip",
        unit: "s",
        description: "How long a broker took to answer, on average."
    )

    /// How long a broker took to answer, all but one in a hundred times, in the last interval.
    public static let roundTripP99 = Gauge.Description(
        "stitch.kafka.broker.round_trip.p99",
        unit: "s",
        description: "How long a broker took to answer at most, all but one in a hundred times."
    )

    /// How long a broker made the client wait, on average in the last interval.
    public static let throttle = Gauge.Description(
        "stitch.kafka.broker.throttle",
        unit: "s",
        description: "How long a broker made the client wait, on average."
    )

    /// How many records of a partition the group has not committed.
    public static let lag = Gauge.Description(
        "stitch.kafka.partition.lag",
        unit: "{message}",
        description: "How many records of a partition the group has not committed."
    )

    /// Records of a partition that were fetched and wait for the handler.
    public static let fetchedRecords = Gauge.Description(
        "stitch.kafka.partition.fetched",
        unit: "{message}",
        description: "Records of a partition that were fetched and wait for the handler."
    )

    /// How often the group's partitions were divided anew.
    public static let rebalances = Counter.Description(
        "stitch.kafka.group.rebalances",
        unit: "{rebalance}",
        description: "How often the group's partitions were divided anew."
    )
}
