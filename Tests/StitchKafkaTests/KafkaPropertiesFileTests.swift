// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import StitchKafka

@Suite("A properties file")
struct KafkaPropertiesFileTests {
    private func configuration(_ text: String) throws(KafkaError) -> KafkaConfiguration {
        try KafkaConfiguration(properties: PropertiesFile(text).entries, of: "kafka.properties")
    }

    @Test("is read as Java reads it")
    func syntax() {
        let text = """
            # comment=1
              ! comment
            a=1
             b : 2
            c 3
            d
            e=x=y:z
            f = one, \\
                two
            g\\ h\\==\\u00e9\\t\\\\
            i=\\\\
            j=last\\
            """
        let entries = PropertiesFile(text).entries
        #expect(entries.map(\.name) == ["a", "b", "c", "d", "e", "f", "g h=", "i", "j"])
        #expect(entries.map(\.value) == ["1", "2", "3", "", "x=y:z", "one, two", "é\t\\", "\\", "last"])
        #expect(entries.map(\.line) == [3, 4, 5, 6, 7, 8, 10, 11, 12])
    }

    @Test("has lines that end as Java's do, and characters of two units")
    func characters() {
        let text = "a=1\u{c}\u{b}2\u{2028}3\r\rb=\\uD83D\\uDE00\r\nc\u{c}=\\uD83D\nd=\u{301}x\ne=\\u+1234"
        let entries = PropertiesFile(text).entries
        #expect(entries.map(\.name) == ["a", "b", "c", "d", "e"])
        #expect(entries.map(\.value) == ["1\u{c}\u{b}2\u{2028}3", "\u{1F600}", "\u{FFFD}", "\u{301}x", "u+1234"])
        #expect(entries.map(\.line) == [1, 3, 4, 5, 6])
    }

    @Test("gives options, and properties where there is no option, by librdkafka's names and by Java's")
    func names() throws {
        let configuration = try configuration(
            """
            bootstrap.servers=a:1, b:2
            client.id=billing
            linger.ms=20
            enable.idempotence=false
            auto.offset.reset=none
            auto.commit.interval.ms=100
            delivery.timeout.ms=30000
            statistics.interval.ms=0
            acks=1
            buffer.memory=1025
            max.request.size=2000000
            compression.type=gzip
            compression.gzip.level=3
            compression.zstd.level=9
            fetch.max.wait.ms=7
            send.buffer.bytes=-1
            partition.assignment.strategy=org.apache.kafka.clients.consumer.CooperativeStickyAssignor
            security.protocol=SASL_SSL
            sasl.mechanism=PLAIN
            sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
              username="alice" password="hun\\\\"ter2";
            ssl.truststore.type=PEM
            ssl.truststore.location=/etc/hosts
            ssl.endpoint.identification.algorithm=
            """
        )
        #expect(configuration.brokers == ["a:1", "b:2"] && configuration.clientID == "billing")
        #expect(configuration.linger == .milliseconds(20) && !configuration.isIdempotent)
        #expect(configuration.autoOffsetReset == .error && configuration.commitInterval == .milliseconds(100))
        #expect(configuration.deliveryTimeout == .seconds(30) && configuration.statisticsInterval == nil)
        #expect(
            configuration.properties == [
                "acks": "1", "queue.buffering.max.kbytes": "2", "message.max.bytes": "2000000",
                "compression.type": "gzip", "compression.level": "3", "fetch.wait.max.ms": "7",
                "socket.send.buffer.bytes": "0", "partition.assignment.strategy": "cooperative-sticky",
                "security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN", "sasl.username": "alice",
                "sasl.password": "hun\"ter2", "ssl.ca.location": "/etc/hosts",
                "ssl.endpoint.identification.algorithm": "none",
            ]
        )
        #expect(!"\(configuration)".contains("ter2"))
        _ = try NativeConfiguration(ClientProperties(configuration, for: .producer))
    }

    @Test(
        "is refused by file, line and name, with what would be right",
        arguments: [
            ("linger.ms=soon", ["line 1", "'linger.ms'", "'soon'", "milliseconds"]),
            ("\nacks=1\nrequest.required.acks=all", ["line 3", "'request.required.acks'", "'acks' on line 2"]),
            ("ssl.truststore.location=/x.jks", ["'ssl.truststore.location'", "ssl.ca.location", "keytool"]),
            ("ssl.keystore.location=/x.jks", ["'ssl.keystore.location'", "PKCS12", "ssl.certificate.location"]),
            ("ssl.keystore.type=JKS", ["'ssl.keystore.type'", "PKCS12"]),
            ("value.serializer=a.b.C", ["'value.serializer'", "remove it"]),
            ("max.poll.records=5", ["'max.poll.records'", "batchesOf"]),
            ("group.id=g", ["'group.id'", "argument 'group'"]),
            ("enable.auto.commit=false", ["'enable.auto.commit'", "handler"]),
            ("auto.offset.reset=now", ["'now'", "earliest"]),
            ("enable.idempotence=1", ["'1'", "true or false"]),
            ("sasl.jaas.config=Other required secret=\"hunter2\";", ["'sasl.jaas.config'", "sasl.username"]),
        ]
    )
    func refused(_ text: String, _ words: [String]) throws {
        let error = try #require(#expect(throws: KafkaError.self) { try configuration(text) })
        #expect(error.code == .configuration && error.message.contains("kafka.properties"))
        for word in words { #expect(error.message.contains(word), "\(error.message)") }
        #expect(!error.message.contains("hunter2"))
    }

    @Test("makes a producer of transactions by the options that other code looks at")
    func transactions() throws {
        let configuration = try configuration(
            """
            bootstrap.servers=a:1
            transactional.id=t
            transaction.timeout.ms=20000
            """
        )
        #expect(configuration.transactionalID == "t" && configuration.transactionTimeout == .seconds(20))
        #expect(configuration.properties.isEmpty)
    }

    @Test("that isn't there, or isn't UTF-8, is refused by its name")
    func unreadable() throws {
        #expect(throws: KafkaError.self) { try KafkaConfiguration(contentsOf: "/no/such/file") }
        let path = FileManager.default.temporaryDirectory.appending(path: "stitch-\(UUID().uuidString).properties").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data([0x61, 0x3d, 0xff]).write(to: URL(filePath: path))
        let error = try #require(#expect(throws: KafkaError.self) { try KafkaConfiguration(contentsOf: path) })
        #expect(error.message.contains(path) && error.message.contains("UTF-8"))
        try Data("bootstrap.servers=a:1\r\nclient.id=x\r\n".utf8).write(to: URL(filePath: path))
        let configuration = try KafkaConfiguration(contentsOf: path)
        #expect(configuration.brokers == ["a:1"] && configuration.clientID == "x")
    }
}
