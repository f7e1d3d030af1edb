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
        @inlinable public static var system: String { "messaging.system" }
        /// What is done, as the system calls it: `send`, `poll`, `process`, `commit`, ….
        @inlinable public static var operationName: String { "messaging.operation.name" }
        /// What kind of thing is done: `create`, `send`, `receive`, `process`, `settle`.
        @inlinable public static var operationType: String { "messaging.operation.type" }
        /// The topic or queue.
        @inlinable public static var destinationName: String { "messaging.destination.name" }
        /// The partition, as text.
        @inlinable public static var partitionID: String { "messaging.destination.partition.id" }
        /// How many messages an operation on several covers.
        @inlinable public static var batchMessageCount: String { "messaging.batch.message_count" }
        /// The message's id.
        @inlinable public static var messageID: String { "messaging.message.id" }
        /// How many bytes the message's body has.
        @inlinable public static var bodySize: String { "messaging.message.body.size" }
        /// The id of the client.
        @inlinable public static var clientID: String { "messaging.client.id" }
        /// The consumer group.
        @inlinable public static var consumerGroup: String { "messaging.consumer.group.name" }
        /// The offset of a Kafka record.
        @inlinable public static var kafkaOffset: String { "messaging.kafka.offset" }
        /// The key of a Kafka record.
        @inlinable public static var kafkaKey: String { "messaging.kafka.message.key" }
        /// Whether a Kafka record is a tombstone.
        @inlinable public static var kafkaTombstone: String { "messaging.kafka.message.tombstone" }
        /// The broker's host name.
        @inlinable public static var serverAddress: String { "server.address" }
        /// The broker's port.
        @inlinable public static var serverPort: String { "server.port" }
        /// What kind of error ended the operation.
        @inlinable public static var errorType: String { "error.type" }
        /// How long the message waited to be worked on, in seconds.
        @inlinable public static var wait: String { "stitch.wait" }
        /// How much of the wait had been asked for, in seconds.
        @inlinable public static var waitScheduled: String { "stitch.wait.scheduled" }
        /// How much of the wait was for a free worker, in seconds.
        @inlinable public static var waitReady: String { "stitch.wait.ready" }
        /// How much of the wait lay between the failed attempt and the next, in seconds.
        @inlinable public static var waitBackoff: String { "stitch.wait.backoff" }
        /// By how much the message seems to come from the future, in seconds: clocks disagree.
        @inlinable public static var clockSkew: String { "stitch.clock_skew" }
        /// What the message's timestamp says: `create_time` or `log_append_time`.
        @inlinable public static var timestampType: String { "stitch.message.timestamp_type" }
        /// How long a broker took to acknowledge, in seconds.
        @inlinable public static var acknowledgeLatency: String { "stitch.send.latency" }
        /// Whether a message was withdrawn before it left, since the task that was to send it was cancelled.
        @inlinable public static var sendWithdrawn: String { "stitch.send.withdrawn" }
        /// The broker that acknowledged.
        @inlinable public static var brokerID: String { "stitch.kafka.broker.id" }
        /// How many records of its partition come after a Kafka record, as far as was known when it was fetched.
        @inlinable public static var kafkaLag: String { "stitch.kafka.lag" }
        /// The queue of a job.
        @inlinable public static var jobQueue: String { "stitch.job.queue" }
        /// The kind of a job.
        @inlinable public static var jobKind: String { "stitch.job.kind" }
        /// Which attempt of a job it is, from 1.
        @inlinable public static var jobAttempt: String { "stitch.job.attempt" }
        /// Whether there was a job of the same key already, so that none was enqueued; left out otherwise.
        @inlinable public static var jobDeduplicated: String { "stitch.job.deduplicated" }
        /// Of a metric: in which state jobs are: `ready`, `running`, `scheduled`, `unknown_kind`, `dead`.
        @inlinable public static var jobState: String { "stitch.job.state" }
        /// Of a metric: how attempts at jobs ended: `succeeded`, `failed`, `dead`, `snoozed`, ….
        @inlinable public static var jobOutcome: String { "stitch.job.outcome" }
        /// Which attempt at a message that is no job it is, from 2 on; a first one doesn't say so.
        @inlinable public static var messageAttempt: String { "stitch.message.attempt" }
        /// Why a message was moved to another topic: `retry`, `exhausted`, `refused`, `redrive`.
        @inlinable public static var moveReason: String { "stitch.move.reason" }
        /// Why a message was settled otherwise than by success: `retry`, `snooze`, `dead`, `cancel`, `rescue`, ….
        @inlinable public static var settleReason: String { "stitch.settle.reason" }
        /// What a link is to: see ``LinkRole``.
        @inlinable public static var linkRole: String { "stitch.link" }
        /// What is wrong with the context that came with a message, if anything came: see ``ContextFlaw``.
        @inlinable public static var contextFlaws: String { "stitch.context.state" }
        /// Of a metric: what is wrong with the context that came with a message: see ``ContextFlaw``.
        @inlinable public static var contextState: String { "state" }
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
        @inlinable public static var operationDuration: String { "messaging.client.operation.duration" }
        /// How long work on a message, or on several at once, took, in seconds.
        @inlinable public static var processDuration: String { "messaging.process.duration" }
        /// How many messages were sent, acknowledged or not.
        @inlinable public static var sentMessages: String { "messaging.client.sent.messages" }
        /// How many messages were delivered, each counted once per delivery.
        @inlinable public static var consumedMessages: String { "messaging.client.consumed.messages" }
        /// How long messages waited to be worked on, in seconds.
        @inlinable public static var messageWait: String { "stitch.message.wait" }
        /// By how much messages seemed to come from the future, in seconds.
        @inlinable public static var messageClockSkew: String { "stitch.message.clock_skew" }
        /// How long after the origin of its flow the work on a message began, in seconds.
        @inlinable public static var flowLatency: String { "stitch.flow.latency" }
        /// How many messages came without a context, or with one that is not as it should be.
        @inlinable public static var context: String { "stitch.context" }
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
