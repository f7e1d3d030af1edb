// SPDX-License-Identifier: Apache-2.0

import StitchKafka
import Testing

/// Options that can't be, and what their refusal has to say.
struct RefusalCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var set: @Sendable (inout KafkaConfiguration) -> Void
    var words: [String]

    init(
        _ description: String,
        _ words: String...,
        set: @escaping @Sendable (inout KafkaConfiguration) -> Void
    ) {
        testDescription = description
        self.words = words
        self.set = set
    }
}

@Suite("The refusal of a configuration")
struct KafkaRefusalTests {
    static let cases = [
        RefusalCase("a misspelt property", "'sasl.pasword'", "did you mean 'sasl.password'?") {
            $0.properties = ["sasl.pasword": "hunter2"]
        },
        RefusalCase("a property like no other", "'no.such.thing.at.all'", "CONFIGURATION.md") {
            $0.properties = ["no.such.thing.at.all": "hunter2"]
        },
        RefusalCase("two that contradict", "'acks'", "'1'", "'acknowledgements'", "'all'", "remove one") {
            $0.acknowledgements = .all
            $0.properties = ["acks": "1"]
        },
        RefusalCase("two names of one", "'compression.type'", "'compression.codec'", "remove one") {
            $0.properties = ["compression.type": "lz4", "compression.codec": "gzip"]
        },
        RefusalCase("fewer acknowledgements with idempotence", "'acknowledgements'", "'1'", "'isIdempotent'") {
            $0.acknowledgements = .leader
        },
        RefusalCase("transactions without idempotence", "'transactionalID'", "'isIdempotent'") {
            $0.transactionalID = "t"
            $0.isIdempotent = false
        },
        RefusalCase("a transactional id by name", "'transactional.id'", "set 'transactionalID'") {
            $0.properties = ["transactional.id": "t"]
        },
        RefusalCase("an empty transactional id", "'transactionalID' is empty") { $0.transactionalID = "" },
        RefusalCase("a number out of range", "'batchRecords' is 0", "from 1 to 1000000") { $0.batchRecords = 0 },
        RefusalCase("a level of nothing", "'compressionLevel' is 3", "'none'") { $0.compressionLevel = 3 },
        RefusalCase("a level too high", "'compressionLevel' is 13", "0 to 12") {
            $0.compression = .lz4
            $0.compressionLevel = 13
        },
        RefusalCase("a password without TLS or the like", "'sasl.username'", "no effect", "'sasl_ssl'") {
            $0.properties = ["sasl.username": "a"]
        },
        RefusalCase("authorities without TLS", "'ssl.ca.location'", "no effect", "'ssl'") {
            $0.properties = ["ssl.ca.location": "/etc/hosts"]
        },
        RefusalCase("a protocol without a mechanism", "'sasl_ssl'", "'authentication'", "SCRAM-SHA-256") {
            $0.properties = ["security.protocol": "SASL_SSL"]
        },
        RefusalCase("a mechanism without a password", "'sasl.password' is missing", "PLAIN") {
            $0.properties = ["security.protocol": "sasl_ssl", "sasl.mechanism": "PLAIN", "sasl.username": "a"]
        },
        RefusalCase("an empty password", "'authentication'", "empty password") {
            $0.authentication = .plain(username: "a", password: "")
        },
        RefusalCase("a protocol that leaves TLS out", "'security.protocol'", "'ssl'", "'plaintext'") {
            $0.tls = KafkaTLS()
            $0.properties = ["security.protocol": "plaintext"]
        },
        RefusalCase("a protocol that leaves authentication out", "'sasl_ssl'", "'ssl'", "give both") {
            $0.authentication = .plain(username: "a", password: "hunter2")
            $0.properties = ["security.protocol": "SSL"]
        },
        RefusalCase("tokens from nowhere", "'OAUTHBEARER'", "'authentication'", ".oauthBearer", "oidc") {
            $0.properties = ["security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "OAUTHBEARER"]
        },
        RefusalCase("no such file", "'tls.authorities'", "'/no/such/file'") {
            $0.tls = KafkaTLS(authorities: .file("/no/such/file"))
        },
        RefusalCase("a path for a PEM", "'tls.key'", "-----BEGIN", ".file") {
            $0.tls = KafkaTLS(certificate: .text("-----BEGIN CERTIFICATE-----"), key: .text("/hunter2"))
        },
        RefusalCase("a certificate without its key", "'tls.certificate'", "'tls.key'") {
            $0.tls = KafkaTLS(certificate: .text("-----BEGIN CERTIFICATE-----"))
        },
        RefusalCase("a certificate that isn't one", "ssl.ca.pem") {
            $0.tls = KafkaTLS(authorities: .text("-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----"))
        },
        RefusalCase("a statistics interval of nothing", "'statisticsInterval'") { $0.statisticsInterval = .zero },
    ]

    @Test("names what is wrong and says what would be right, without secrets", arguments: cases)
    func refusal(_ refused: RefusalCase) throws {
        var configuration = KafkaConfiguration(brokers: ["localhost:9092"])
        refused.set(&configuration)
        let error = try #require(#expect(throws: KafkaError.self) { try KafkaProducer(configuration) })
        #expect(error.code == .configuration && !error.isRetryable)
        for word in refused.words { #expect(error.message.contains(word), "\(error.message)") }
        #expect(!"\(error)".contains("hunter2"))
    }

    @Test("of intervals that don't go together names both")
    func intervals() throws {
        var configuration = KafkaConfiguration(brokers: ["localhost:9092"])
        configuration.sessionTimeout = .seconds(6)
        configuration.heartbeatInterval = .seconds(6)
        let make = { (configuration: KafkaConfiguration) in
            try KafkaConsumer(configuration, group: "g", topics: ["t"]) { _ in }
        }
        let error = try #require(#expect(throws: KafkaError.self) { try make(configuration) })
        #expect(error.message.contains("'heartbeatInterval'") && error.message.contains("'sessionTimeout'"))
        configuration.heartbeatInterval = nil
        configuration.maxPollInterval = .seconds(5)
        let other = try #require(#expect(throws: KafkaError.self) { try make(configuration) })
        #expect(other.message.contains("'maxPollInterval'") && other.message.contains("'sessionTimeout'"))
    }

    @Test("is none for a secret option, which is never shown either")
    func secretOptions() {
        var configuration = KafkaConfiguration(brokers: ["localhost:9092"])
        configuration.authentication = .scramSHA256(username: "alice", password: "hunter2")
        configuration.tls = KafkaTLS(key: .text("hunter2"), keyPassword: "hunter2")
        var dumped = ""
        dump(configuration, to: &dumped)
        dump(configuration.authentication, to: &dumped)
        dump(configuration.tls, to: &dumped)
        let texts = ["\(configuration)", "\(configuration.tls as Any)", String(reflecting: configuration), dumped]
        for text in texts { #expect(!text.contains("hunter2"), "\(text)") }
        #expect("\(configuration)".contains("alice"))
    }
}
