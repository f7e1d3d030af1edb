// SPDX-License-Identifier: Apache-2.0

public import StitchService

/// Why something about Kafka could not be done.
public struct KafkaError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure.
    ///
    /// Those that the Kafka protocol defines have its names, those of librdkafka begin with `_`, Stitch's own are in
    /// lower case. More may come, so a `switch` over codes needs a `default`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name.
        public let description: String

        /// A code by its name, for those that have no constant here.
        public init(_ name: String) { description = name }
    }

    /// What kind of failure it is.
    public var code: Code

    /// What was attempted, what went wrong and what would help, without secrets.
    public var message: String

    /// What made it fail, where that is an error of its own, such as the one that a handler threw.
    public var cause: (any Error)?

    /// Whether trying the same again may help.
    public var isRetryable: Bool

    /// Whether the client that met it can do no more: make a new one, if at all.
    public var isFatal = false

    /// Where the error was made.
    public var location: SourceLocation

    /// The name for the attribute `error.type`: that of the Kafka protocol, where it defines one.
    public var errorType: String { code.description }

    /// The message.
    public var description: String { cause.map { "\(message) (\($0))" } ?? message }

    /// An error, for a double of ``KafkaProducing`` in tests and for code that stands between.
    public init(
        _ code: Code,
        _ message: String,
        cause: (any Error)? = nil,
        isRetryable: Bool = false,
        location: SourceLocation = SourceLocation()
    ) {
        self.code = code
        self.message = message
        self.cause = cause
        self.isRetryable = isRetryable
        self.location = location
    }
}

extension KafkaError.Code {
    /// A setting is wrong; the message names it, its value and what would be right.
    public static let configuration = Self("configuration")
    /// The producer or consumer is shut down, or shutting down.
    public static let closed = Self("closed")
    /// The calling task was cancelled before the record was taken, or while it waited for the brokers.
    public static let cancelled = Self("cancelled")
    /// A record's value could not be decoded.
    public static let decoding = Self("decoding")
    /// A handler threw; the error's cause is what it threw.
    public static let handler = Self("handler")
    /// Records could not be delivered whose senders did not wait for them.
    public static let undelivered = Self("undelivered")
    /// Something took longer than allowed.
    public static let timedOut = Self("_TIMED_OUT")
    /// A record was not acknowledged within the delivery timeout.
    public static let deliveryTimedOut = Self("_MSG_TIMED_OUT")
    /// The local queue has no room for a record.
    public static let queueFull = Self("_QUEUE_FULL")
    /// The record was given up by a shutdown before it was sent.
    public static let purged = Self("_PURGE_QUEUE")
    /// The record was given up by a shutdown after it was sent: it may have been written.
    public static let purgedInFlight = Self("_PURGE_INFLIGHT")
    /// The topic, or its partition, isn't there.
    public static let unknownTopicOrPartition = Self("UNKNOWN_TOPIC_OR_PARTITION")
    /// The topic can't have this name.
    public static let invalidTopic = Self("INVALID_TOPIC_EXCEPTION")
    /// The record is larger than allowed.
    public static let messageTooLarge = Self("MESSAGE_TOO_LARGE")
    /// The user may not use this topic.
    public static let topicAuthorizationFailed = Self("TOPIC_AUTHORIZATION_FAILED")
    /// The user may not use this group.
    public static let groupAuthorizationFailed = Self("GROUP_AUTHORIZATION_FAILED")
    /// The user may not do this to the cluster.
    public static let clusterAuthorizationFailed = Self("CLUSTER_AUTHORIZATION_FAILED")
    /// The user may not use this transactional id.
    public static let transactionalIDAuthorizationFailed = Self("TRANSACTIONAL_ID_AUTHORIZATION_FAILED")
    /// The brokers don't believe the client to be who it says.
    public static let authenticationFailed = Self("_AUTHENTICATION")
    /// TLS could not be agreed on with a broker.
    public static let tlsFailed = Self("_SSL")
    /// A connection broke, or could not be made.
    public static let connectionFailed = Self("_TRANSPORT")
    /// No broker can be reached.
    public static let allBrokersDown = Self("_ALL_BROKERS_DOWN")
    /// A topic of that name is there already.
    public static let topicAlreadyExists = Self("TOPIC_ALREADY_EXISTS")
    /// There is no such group.
    public static let groupNotFound = Self("GROUP_ID_NOT_FOUND")
    /// The offset is not, or no longer, in the partition.
    public static let offsetOutOfRange = Self("OFFSET_OUT_OF_RANGE")
    /// Too few replicas are in sync to take the record.
    public static let notEnoughReplicas = Self("NOT_ENOUGH_REPLICAS")
    /// Another producer has taken over the transactional id.
    public static let producerFenced = Self("PRODUCER_FENCED")
    /// Another member has taken over the group instance id.
    public static let instanceFenced = Self("FENCED_INSTANCE_ID")
}
