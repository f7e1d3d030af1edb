// SPDX-License-Identifier: Apache-2.0

/// The names that OpenTelemetry's messaging conventions v1.44.0 give, and Stitch's own beside them.
///
/// The one place where they are written.
public enum MessagingConventions {
    /// The conventions' version that the names are of.
    public static let schemaURL = "https://opentelemetry.io/schemas/1.44.0"

    /// Names of attributes.
    public enum Attribute {
        /// Which messaging system: `kafka`, `stitch`, ….
        public static let system = "messaging.system"
        /// What is done, as the system calls it: `send`, `poll`, `process`, `commit`, ….
        public static let operationName = "messaging.operation.name"
        /// What kind of thing is done: `create`, `send`, `receive`, `process`, `settle`.
        public static let operationType = "messaging.operation.type"
        /// The topic or queue.
        public static let destinationName = "messaging.destination.name"
        /// The partition, as text.
        public static let partitionID = "messaging.destination.partition.id"
        /// How many messages an operation on several covers.
        public static let batchMessageCount = "messaging.batch.message_count"
        /// The message's id.
        public static let messageID = "messaging.message.id"
        /// The id of the client.
        public static let clientID = "messaging.client.id"
        /// The consumer group.
        public static let consumerGroup = "messaging.consumer.group.name"
        /// The offset of a Kafka record.
        public static let kafkaOffset = "messaging.kafka.offset"
        /// The key of a Kafka record.
        public static let kafkaKey = "messaging.kafka.message.key"
        /// Whether a Kafka record is a tombstone.
        public static let kafkaTombstone = "messaging.kafka.message.tombstone"
        /// The broker's host name.
        public static let serverAddress = "server.address"
        /// The broker's port.
        public static let serverPort = "server.port"
        /// What kind of error ended the operation.
        public static let errorType = "error.type"
        /// How long the message waited to be worked on, in seconds.
        public static let wait = "stitch.wait"
        /// How much of the wait had been asked for, in seconds.
        public static let waitScheduled = "stitch.wait.scheduled"
        /// How much of the wait was for a free worker, in seconds.
        public static let waitReady = "stitch.wait.ready"
        /// How much of the wait lay between the failed attempt and the next, in seconds.
        public static let waitBackoff = "stitch.wait.backoff"
        /// By how much the message seems to come from the future, in seconds: clocks disagree.
        public static let clockSkew = "stitch.clock_skew"
        /// What the message's timestamp says: `create_time` or `log_append_time`.
        public static let timestampType = "stitch.message.timestamp_type"
        /// How long a broker took to acknowledge, in seconds.
        public static let acknowledgeLatency = "stitch.send.latency"
        /// The broker that acknowledged.
        public static let brokerID = "stitch.kafka.broker.id"
        /// The queue of a job.
        public static let jobQueue = "stitch.job.queue"
        /// The kind of a job.
        public static let jobKind = "stitch.job.kind"
        /// Which attempt of a job it is, from 1.
        public static let jobAttempt = "stitch.job.attempt"
        /// Why a message was settled otherwise than by success: `retry`, `snooze`, `dead`, `cancel`, `rescue`, ….
        public static let settleReason = "stitch.settle.reason"
        /// What a link is to: see ``LinkRole``.
        public static let linkRole = "stitch.link"
        /// What is wrong with the context that came with a message: see ``ContextFlaw``.
        public static let contextState = "state"
    }

    /// What a link is to; the value of `stitch.link`.
    public enum LinkRole: String, Sendable {
        /// The span that created the message.
        case creation
        /// The attempt before this one.
        case previousAttempt = "previous_attempt"
        /// The attempt that a settlement concerns.
        case attempt
        /// The span that was current when the message was processed.
        case ambient
    }

    /// Names of metrics.
    public enum Metric {
        /// How long an operation took that a client asked a broker for, in seconds; of a send until it is acknowledged.
        public static let operationDuration = "messaging.client.operation.duration"
        /// How long work on a message, or on several at once, took, in seconds.
        public static let processDuration = "messaging.process.duration"
        /// How many messages were sent, acknowledged or not.
        public static let sentMessages = "messaging.client.sent.messages"
        /// How many messages were delivered, each counted once per delivery.
        public static let consumedMessages = "messaging.client.consumed.messages"
        /// How long messages waited to be worked on, in seconds.
        public static let messageWait = "stitch.message.wait"
        /// By how much messages seemed to come from the future, in seconds.
        public static let messageClockSkew = "stitch.message.clock_skew"
        /// How long after the origin of its flow the work on a message began, in seconds.
        public static let flowLatency = "stitch.flow.latency"
        /// How many messages came without a context, or with one that is not as it should be.
        public static let context = "stitch.context"
    }

    /// Upper bounds of the buckets of histograms, in seconds.
    public enum Boundaries {
        /// How long operations and work take: the conventions' own, 5 ms to 10 s.
        public static let duration = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
        /// How long messages wait: 10 ms to 4 h, with the ten minutes after which a message starts a trace by default.
        public static let wait = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 14400]
    }

    /// What can be wrong with the context that came with a message; the value of `state`.
    public enum ContextFlaw: String, Sendable {
        /// None came.
        case missing
        /// What came can't be read.
        case invalid
        /// A field came more than once.
        case duplicate
    }

    /// What is done with messages.
    public enum Operation: String, Sendable, CaseIterable {
        /// A message is made, and sent by another span.
        case create
        /// Messages are handed to the broker.
        case send
        /// Messages are asked for.
        case receive
        /// Messages are worked on.
        case process
        /// It is said what became of messages.
        case settle

        /// Whether messages come into being, or leave, rather than arrive.
        public var isProducing: Bool { self == .create || self == .send }

        /// What a messaging system calls the operation: for Kafka `poll` and `commit` where others receive and settle.
        public func name(in system: String) -> String {
            switch (system, self) {
            case ("kafka", .receive): "poll"
            case ("kafka", .settle): "commit"
            default: rawValue
            }
        }
    }

    /// `error.type` where nothing better is known.
    public static let otherError = "_OTHER"
}
