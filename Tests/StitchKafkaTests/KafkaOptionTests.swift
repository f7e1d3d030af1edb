// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchKafka

/// An option that is set, and what librdkafka gets.
struct OptionCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var set: @Sendable (inout KafkaConfiguration) -> Void
    var properties: [String: String]

    init(
        _ description: String,
        _ properties: [String: String],
        _ set: @escaping @Sendable (inout KafkaConfiguration) -> Void
    ) {
        testDescription = description
        self.set = set
        self.properties = properties
    }
}

@Suite("An option of a configuration")
struct KafkaOptionTests {
    static let ofProducers = [
        OptionCase("acknowledgements", ["acks": "all"]) { $0.acknowledgements = .all },
        OptionCase("fewer acknowledgements", ["acks": "1", "enable.idempotence": "false"]) {
            $0.acknowledgements = .leader
            $0.isIdempotent = false
        },
        OptionCase("batches", ["batch.size": "2000", "batch.num.messages": "7"]) {
            $0.batchBytes = 2000
            $0.batchRecords = 7
        },
        OptionCase("queue", ["queue.buffering.max.kbytes": "2", "queue.buffering.max.messages": "9"]) {
            $0.queueBytes = 1025
            $0.queueRecords = 9
        },
        OptionCase("record size", ["message.max.bytes": "2000000"]) { $0.maximumRecordBytes = 2_000_000 },
        OptionCase("compression", ["compression.type": "zstd", "compression.level": "3"]) {
            $0.compression = .zstd
            $0.compressionLevel = 3
        },
        OptionCase("partitioner", ["partitioner": "murmur2_random"]) { $0.partitioner = .murmur2Random },
        OptionCase(
            "transactions",
            ["transactional.id": "t", "transaction.timeout.ms": "20000", "delivery.timeout.ms": "20000"]
        ) {
            $0.transactionalID = "t"
            $0.transactionTimeout = .seconds(20)
        },
        OptionCase("TLS", ["security.protocol": "ssl", "ssl.endpoint.identification.algorithm": "https"]) {
            $0.tls = KafkaTLS()
        },
        OptionCase("TLS of any name", ["security.protocol": "ssl", "ssl.endpoint.identification.algorithm": "none"]) {
            $0.tls = KafkaTLS()
            $0.tls?.verifiesHostname = false
        },
        OptionCase("a password over TLS", ["security.protocol": "sasl_ssl", "sasl.mechanism": "PLAIN"]) {
            $0.tls = KafkaTLS()
            $0.authentication = .plain(username: "alice", password: "hunter2")
        },
        OptionCase("a password", ["security.protocol": "sasl_plaintext", "sasl.mechanism": "SCRAM-SHA-512"]) {
            $0.authentication = .scramSHA512(username: "alice", password: "hunter2")
        },
        OptionCase("TLS and a password by name", ["security.protocol": "sasl_ssl", "sasl.mechanism": "PLAIN"]) {
            $0.tls = KafkaTLS()
            $0.properties = [
                "security.protocol": "sasl_ssl", "sasl.mechanisms": "PLAIN", "sasl.username": "a", "sasl.password": "b",
            ]
        },
        OptionCase("a protocol in capitals, beside both of its options", ["security.protocol": "sasl_ssl"]) {
            $0.tls = KafkaTLS()
            $0.authentication = .plain(username: "alice", password: "hunter2")
            $0.properties["security.protocol"] = "SASL_SSL"
        },
        OptionCase("a protocol in capitals, beside authentication", ["security.protocol": "sasl_ssl"]) {
            $0.authentication = .plain(username: "alice", password: "hunter2")
            $0.properties["security.protocol"] = "SASL_SSL"
        },
        OptionCase("other values in capitals", ["acks": "all", "compression.type": "gzip", "compression.level": "3"]) {
            $0.compression = .gzip
            $0.compressionLevel = 3
            $0.properties = ["acks": "ALL", "compression.type": "GZIP"]
        },
        OptionCase("tokens without a source, for tests of brokers", ["sasl.mechanism": "OAUTHBEARER"]) {
            $0.properties = [
                "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "OAUTHBEARER",
                "enable.sasl.oauthbearer.unsecure.jwt": "true",
            ]
        },
        OptionCase("the same by name and by option", ["acks": "all"]) {
            $0.acknowledgements = .all
            $0.properties["request.required.acks"] = "all"
        },
        OptionCase("statistics", ["statistics.interval.ms": "5000"]) {
            $0.statisticsInterval = .seconds(5)
            $0.statisticsHandler = KafkaStatisticsHandler { _ in }
        },
    ]

    static let ofConsumers = [
        OptionCase("membership", ["group.id": "g", "group.instance.id": "one"]) { $0.groupInstanceID = "one" },
        OptionCase(
            "intervals",
            ["session.timeout.ms": "9000", "heartbeat.interval.ms": "2000", "max.poll.interval.ms": "60000"]
        ) {
            $0.sessionTimeout = .seconds(9)
            $0.heartbeatInterval = .seconds(2)
            $0.maxPollInterval = .seconds(60)
        },
        OptionCase("isolation", ["isolation.level": "read_uncommitted"]) { $0.isolation = .readUncommitted },
        OptionCase("strategy", ["partition.assignment.strategy": "cooperative-sticky"]) {
            $0.assignmentStrategy = .cooperativeSticky
        },
        OptionCase("fetches", ["fetch.min.bytes": "2", "fetch.wait.max.ms": "3"]) {
            $0.fetchMinimumBytes = 2
            $0.fetchMaximumWait = .milliseconds(3)
        },
        OptionCase("sizes", ["fetch.max.bytes": "40000000", "fetch.message.max.bytes": "5000"]) {
            $0.fetchMaximumBytes = 40_000_000
            $0.fetchPartitionBytes = 5000
        },
        OptionCase("what waits for handlers", ["queued.max.messages.kbytes": "2048"]) { $0.fetchQueueKilobytes = 2048 },
        OptionCase("a default of ours overruled", ["topic.metadata.refresh.interval.ms": "7"]) {
            $0.properties["topic.metadata.refresh.interval.ms"] = "7"
        },
    ]

    private func expect(_ option: OptionCase, _ role: ClientProperties.Role) throws {
        var configuration = KafkaConfiguration(brokers: ["localhost:9092"])
        option.set(&configuration)
        let properties = try ClientProperties(configuration, for: role)
        for (name, value) in option.properties { #expect(properties[name] == value) }
        #expect(Set(properties.values.map { PropertyName.canonical($0.name) }).count == properties.values.count)
        // librdkafka knows each of them and takes the value.
        _ = try NativeConfiguration(properties)
    }

    @Test("of producers is the property that librdkafka has for it", arguments: ofProducers)
    func producer(_ option: OptionCase) throws { try expect(option, .producer) }

    @Test("of consumers is the property that librdkafka has for it", arguments: ofConsumers)
    func consumer(_ option: OptionCase) throws { try expect(option, .consumer(group: "g")) }

    @Test("of how a group is divided is none of ours where the brokers divide it")
    func groupProtocol() {
        var configuration = KafkaConfiguration(brokers: ["localhost:9092"])
        func strategy() -> String? {
            KafkaConsumerOptions.clientProperties(beside: configuration)
                .first { $0.name == "partition.assignment.strategy" }?.value
        }
        #expect(strategy() == "cooperative-sticky")
        configuration.properties["group.protocol"] = "CONSUMER"
        #expect(strategy() == nil)
        configuration.properties["group.protocol"] = "classic"
        #expect(strategy() == "cooperative-sticky")
    }

    @Test("of intervals leaves a member that gives partitions away the time to do so before the group goes on")
    func revocationLimit() throws {
        func limit(_ poll: Duration?, heartbeat: Duration? = nil) throws -> Duration {
            var configuration = KafkaConfiguration(brokers: ["localhost:9092"])
            configuration.maxPollInterval = poll
            configuration.heartbeatInterval = heartbeat
            configuration.sessionTimeout = .seconds(6)
            return try ClientProperties(configuration, for: .consumer(group: "g")).revocationLimit
        }
        #expect(try limit(nil) == .seconds(291))
        #expect(try limit(.seconds(60), heartbeat: .seconds(1)) == .seconds(53))
        #expect(try limit(.seconds(10)) == .seconds(5))
    }

    @Test("of tokens may be that librdkafka fetches them itself")
    func tokensByOIDC() throws {
        var configuration = KafkaConfiguration(brokers: ["localhost:9092"])
        configuration.properties = [
            "security.protocol": "sasl_ssl", "sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.method": "OIDC",
        ]
        _ = try ClientProperties(configuration, for: .producer)
    }

    @Test("of copying is ours only where values go to the socket as they are, and nobody has said otherwise")
    func copying() throws {
        func limit(_ properties: [String: String], _ role: ClientProperties.Role = .producer) throws -> String? {
            var configuration = KafkaConfiguration(brokers: ["localhost:9092"])
            configuration.properties = properties
            let all = try ClientProperties(configuration, for: role)
            _ = try NativeConfiguration(all)
            return all["message.copy.max.bytes"]
        }
        #expect(try limit([:]) == "768")
        #expect(try limit(["security.protocol": "PLAINTEXT", "compression.codec": "none"]) == "768")
        #expect(try limit(["message.copy.max.bytes": "5"]) == "5")
        #expect(try limit(["security.protocol": "SSL"]) == nil)
        #expect(
            try limit([
                "security.protocol": "sasl_ssl", "sasl.mechanism": "PLAIN", "sasl.username": "u", "sasl.password": "p",
            ]) == nil
        )
        #expect(try limit(["compression.codec": "lz4"]) == nil)
        #expect(try limit([:], .consumer(group: "g")) == nil)
    }

    @Test("of the other kind of client is no matter to this one")
    func otherKind() throws {
        var configuration = KafkaConfiguration(brokers: ["localhost:9092"])
        configuration.sessionTimeout = .milliseconds(1)
        configuration.properties["fetch.min.bytes"] = "2"
        _ = try NativeConfiguration(ClientProperties(configuration, for: .producer))
        configuration = KafkaConfiguration(brokers: ["localhost:9092"])
        configuration.linger = .seconds(-1)
        configuration.acknowledgements = .leader
        _ = try NativeConfiguration(ClientProperties(configuration, for: .consumer(group: "g")))
    }
}
