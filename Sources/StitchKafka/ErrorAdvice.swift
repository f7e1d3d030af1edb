// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// What to change when an error comes, as far as its name and librdkafka's text tell.
///
/// Pure.
struct ErrorAdvice {
    /// The version of librdkafka that runs.
    var version: NativeVersion

    /// What helps against the error that the protocol calls `name`; `nil` for what speaks for itself.
    func advice(on name: String, _ text: String) -> String? {
        switch name {
        case "_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED": authentication(text)
        case "_SSL": encryption(text)
        case "_TRANSPORT": transport(text)
        default: Self.byName[name]
        }
    }

    private func authentication(_ text: String) -> String {
        if text.contains("SCRAM"), version < .repeatingNoNonce {
            return "the password may well be right: Kafka 4 refuses SCRAM of librdkafka before 2.6.1, and this is "
                + "\(version): run with librdkafka 2.6.1 or newer, or authenticate by PLAIN over TLS or by OAUTHBEARER"
        }
        if text.contains("OAUTHBEARER") || text.contains("token") {
            return "check what the source of tokens gives, and whether the brokers accept its issuer"
        }
        return "check username, password and mechanism, and whether the brokers know the user"
    }

    private func encryption(_ text: String) -> String {
        if text.contains("hostname mismatch") || text.contains("IP address mismatch") {
            return "the broker's certificate is for another name: reach the broker by that one, or set "
                + "tls.verifiesHostname to false"
        }
        if Self.isDistrust(text) {
            return
                "the broker's certificate comes from none of the authorities, or is for another name than the broker's "
                + "address: set tls.authorities to those of the cluster (ssl.ca.location), or reach it by the name"
        }
        return "check whether the broker's listener speaks TLS (security.protocol), and which versions"
    }

    /// Whether a connection failed for the broker's certificate, whatever code that came with.
    static func isDistrust(_ text: String) -> Bool {
        text.contains("certificate verify failed") || text.contains("certificate could not be verified")
    }

    private func transport(_ text: String) -> String? {
        if Self.isDistrust(text) { return encryption(text) }
        if text.contains("bad certificate") || text.contains("certificate required") {
            return "the broker wants a certificate of the client that it trusts: set tls.certificate and tls.key"
        }
        if text.contains("SSL listener") || text.contains("closed by peer") && text.contains("APIVERSION") {
            return "set 'tls' if the listener speaks TLS (security.protocol)"
        }
        // Whoever gets what he can't read may hang up before or after he is sent more.
        let isHungUp = ["closed by peer", "Broken pipe", "reset by peer"].contains { text.contains($0) }
        if text.contains("might require SASL") || isHungUp && text.contains("in state UP") {
            return "if the brokers run, set 'authentication' (security.protocol)"
        }
        return nil
    }

    private static let byName = [
        "UNKNOWN_TOPIC_OR_PARTITION": "create the topic, or correct its name or partition",
        "MESSAGE_TOO_LARGE": "send less in one record, or raise maximumRecordBytes here and at the broker",
        "RECORD_LIST_TOO_LARGE": "lower batchBytes, or raise the topic's segment.bytes",
        "_MSG_TIMED_OUT": "check that the brokers can be reached, or raise deliveryTimeout",
        "_ALL_BROKERS_DOWN": "check the addresses in brokers, and whether the brokers run",
        "_RESOLVE": "correct the host's name in brokers, or in what the brokers advertise",
        "_QUEUE_FULL": "raise queueBytes or queueRecords, or send less at once",
        "_PURGE_QUEUE": "it was not sent; send it again with a producer that runs",
        "_PURGE_INFLIGHT": "it may have been written; raise drain to wait for the answer",
        "_AUTO_OFFSET_RESET": "reset the group's offsets, or set autoOffsetReset to earliest or latest",
        "TOPIC_AUTHORIZATION_FAILED": "give the user access to the topic",
        "GROUP_AUTHORIZATION_FAILED": "give the user access to the group",
        "CLUSTER_AUTHORIZATION_FAILED": "give the user access to the cluster (IdempotentWrite for a producer)",
        "TRANSACTIONAL_ID_AUTHORIZATION_FAILED": "give the user access to the transactional id",
        "INVALID_SESSION_TIMEOUT": "set sessionTimeout within what the broker allows",
        "INVALID_TRANSACTION_TIMEOUT": "lower transactionTimeout, or raise the broker's transaction.max.timeout.ms",
        "INVALID_REPLICATION_FACTOR": "ask for as many replicas as there are brokers, at most",
        "UNSUPPORTED_SASL_MECHANISM": "set 'authentication' to one of the mechanisms that the brokers have",
        "UNSUPPORTED_COMPRESSION_TYPE": "choose another compression, or a newer broker",
        "INCONSISTENT_GROUP_PROTOCOL": "give all members of the group the same assignmentStrategy",
        "FENCED_INSTANCE_ID": "give each member of the group a groupInstanceID of its own",
        "PRODUCER_FENCED": "another producer has this transactionalID now; make a new one only if that is meant",
        "INVALID_PRODUCER_EPOCH": "another producer has this transactionalID now, or the transaction took too long",
    ]
}

/// A version of librdkafka.
struct NativeVersion: Comparable, CustomStringConvertible {
    var major: Int
    var minor: Int
    var patch: Int

    /// From 0xMMmmrrpp.
    init(number: Int32) {
        major = Int(number >> 24 & 0xff)
        minor = Int(number >> 16 & 0xff)
        patch = Int(number >> 8 & 0xff)
    }

    /// The library that runs.
    static let current = NativeVersion(number: rd_kafka_version())

    /// Takes a member of a cooperative group away that has no assignment yet, rather than ending the process.
    static let leavingUnassigned = NativeVersion(number: 0x0203_00ff)

    /// What Kafka 4's SCRAM wants.
    static let repeatingNoNonce = NativeVersion(number: 0x0206_01ff)

    static func < (a: Self, b: Self) -> Bool { (a.major, a.minor, a.patch) < (b.major, b.minor, b.patch) }

    var description: String { "\(major).\(minor).\(patch)" }
}
