// SPDX-License-Identifier: Apache-2.0

/// How librdkafka's names of errors become the protocol's, and which errors pass by themselves.
package enum ErrorName {
    /// The protocol's name for an error that librdkafka calls `name`; `name` itself where the two agree.
    package static func ofProtocol(_ name: String) -> String { renamed[name] ?? name }

    /// Whether trying again may help, by the protocol's name (Kafka's `RetriableException`s, and what is local and
    /// passes).
    static func isRetryable(_ name: String) -> Bool { retryable.contains(name) }

    /// Whether a consumer that meets the error can't go on: trying again gives the same, until somebody changes something.
    static func stopsConsumer(_ name: String) -> Bool { stopping.contains(name) }

    private static let renamed = [
        "UNKNOWN": "UNKNOWN_SERVER_ERROR",
        "INVALID_MSG": "CORRUPT_MESSAGE",
        "UNKNOWN_TOPIC_OR_PART": "UNKNOWN_TOPIC_OR_PARTITION",
        "_UNKNOWN_TOPIC": "UNKNOWN_TOPIC_OR_PARTITION",
        "_UNKNOWN_PARTITION": "UNKNOWN_TOPIC_OR_PARTITION",
        "INVALID_MSG_SIZE": "INVALID_FETCH_SIZE",
        "NOT_LEADER_FOR_PARTITION": "NOT_LEADER_OR_FOLLOWER",
        "MSG_SIZE_TOO_LARGE": "MESSAGE_TOO_LARGE",
        "STALE_CTRL_EPOCH": "STALE_CONTROLLER_EPOCH",
        "TOPIC_EXCEPTION": "INVALID_TOPIC_EXCEPTION",
    ]

    private static let retryable: Set = [
        "CORRUPT_MESSAGE", "UNKNOWN_TOPIC_OR_PARTITION", "LEADER_NOT_AVAILABLE", "NOT_LEADER_OR_FOLLOWER",
        "REQUEST_TIMED_OUT", "BROKER_NOT_AVAILABLE", "REPLICA_NOT_AVAILABLE", "NETWORK_EXCEPTION",
        "COORDINATOR_LOAD_IN_PROGRESS", "COORDINATOR_NOT_AVAILABLE", "NOT_COORDINATOR", "NOT_ENOUGH_REPLICAS",
        "NOT_ENOUGH_REPLICAS_AFTER_APPEND", "REBALANCE_IN_PROGRESS", "NOT_CONTROLLER", "CONCURRENT_TRANSACTIONS",
        "KAFKA_STORAGE_ERROR", "FETCH_SESSION_ID_NOT_FOUND", "INVALID_FETCH_SESSION_EPOCH", "FENCED_LEADER_EPOCH",
        "UNKNOWN_LEADER_EPOCH", "OFFSET_NOT_AVAILABLE", "UNSTABLE_OFFSET_COMMIT", "THROTTLING_QUOTA_EXCEEDED",
        "_TRANSPORT", "_RESOLVE", "_MSG_TIMED_OUT", "_ALL_BROKERS_DOWN", "_TIMED_OUT", "_TIMED_OUT_QUEUE",
        "_WAIT_COORD", "_RETRY",
    ]

    private static let stopping: Set = [
        "_FATAL", "_AUTO_OFFSET_RESET", "TOPIC_AUTHORIZATION_FAILED", "GROUP_AUTHORIZATION_FAILED",
        "INVALID_SESSION_TIMEOUT", "INCONSISTENT_GROUP_PROTOCOL", "INVALID_GROUP_ID", "FENCED_INSTANCE_ID",
        "INVALID_TOPIC_EXCEPTION", "GROUP_MAX_SIZE_REACHED",
    ]
}
