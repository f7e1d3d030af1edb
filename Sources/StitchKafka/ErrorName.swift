// SPDX-License-Identifier: Apache-2.0

/// How librdkafka's names of errors become the protocol's, and what the errors mean for a client.
package enum ErrorName {
    /// The protocol's name for an error that librdkafka calls `name`; `name` itself where the two agree.
    package static func ofProtocol(_ name: String) -> String { renamed[name] ?? name }

    /// The protocol's name for an error by its number, which librdkafka shares with it, and by librdkafka's name, which
    /// counts for errors of its own.
    static func ofProtocol(_ name: String, code: Int32) -> String {
        ProtocolError.name(of: code) ?? ofProtocol(name)
    }

    /// Whether trying again may help, by the protocol's name.
    static func isRetryable(_ name: String) -> Bool {
        ProtocolError.retryable.contains(name) || passing.contains(name)
    }

    /// Whether a client that meets the error can do no more: a new one may.
    static func isFatal(_ name: String) -> Bool { fatal.contains(name) }

    /// Whether a consumer that meets the error can't go on: trying again gives the same, until somebody changes something.
    static func stopsConsumer(_ name: String) -> Bool { stopping.contains(name) }

    /// Whether the error says something of a group, or of who keeps it, and nothing of records.
    static func isOfGroup(_ name: String) -> Bool { ofGroup.contains(name) }

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

    /// Of librdkafka, or of the protocol where a new try is a new request.
    private static let passing: Set = [
        "_TRANSPORT", "_RESOLVE", "_MSG_TIMED_OUT", "_ALL_BROKERS_DOWN", "_TIMED_OUT", "_TIMED_OUT_QUEUE",
        "_WAIT_COORD", "_WAIT_CACHE", "_NODE_UPDATE", "_RETRY", "_IN_PROGRESS", "_PREV_IN_PROGRESS",
        "BROKER_NOT_AVAILABLE", "REBALANCE_IN_PROGRESS", "REASSIGNMENT_IN_PROGRESS",
    ]

    private static let fatal: Set = [
        "_FATAL", "_FENCED", "PRODUCER_FENCED", "TRANSACTION_COORDINATOR_FENCED",
        "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "FENCED_INSTANCE_ID", "_CRIT_SYS_RESOURCE",
    ]

    private static let stopping: Set = [
        "_FATAL", "_AUTO_OFFSET_RESET", "TOPIC_AUTHORIZATION_FAILED", "GROUP_AUTHORIZATION_FAILED",
        "INVALID_SESSION_TIMEOUT", "INCONSISTENT_GROUP_PROTOCOL", "INVALID_GROUP_ID", "FENCED_INSTANCE_ID",
        "INVALID_TOPIC_EXCEPTION", "GROUP_MAX_SIZE_REACHED",
    ]

    private static let ofGroup: Set = [
        "_WAIT_COORD", "COORDINATOR_LOAD_IN_PROGRESS", "COORDINATOR_NOT_AVAILABLE", "NOT_COORDINATOR",
        "GROUP_AUTHORIZATION_FAILED", "INVALID_GROUP_ID", "GROUP_ID_NOT_FOUND",
    ]
}
