// SPDX-License-Identifier: Apache-2.0

import StitchKafka
import Testing

@Suite("A configuration")
struct KafkaConfigurationTests {
    static let valid = KafkaConfiguration(brokers: ["localhost:9092"])

    private func refusal(of configuration: KafkaConfiguration) -> KafkaError? {
        #expect(throws: KafkaError.self) { try KafkaProducer(configuration) }
    }

    @Test("without brokers is refused, and the refusal says what to set")
    func noBrokers() throws {
        let error = try #require(refusal(of: KafkaConfiguration(environment: [:])))
        #expect(error.code == .configuration)
        #expect(error.message.contains("'brokers'") && error.message.contains("KAFKA_BOOTSTRAP_SERVERS"))
        #expect(!error.isRetryable)
    }

    @Test(
        "with a broker that is no address is refused by its value",
        arguments: ["", "a b:1", "host:port", "host:0", ":9092"]
    )
    func badBroker(_ broker: String) throws {
        let error = try #require(refusal(of: KafkaConfiguration(brokers: ["localhost:9092", broker])))
        #expect(error.message.contains("'\(broker)'") && error.message.contains("host:port"))
    }

    @Test(
        "with any usual form of address is taken",
        arguments: ["kafka", "kafka:9092", "[::1]:9092", "PLAINTEXT://kafka:9092"]
    )
    func goodBroker(_ broker: String) throws {
        _ = try KafkaProducer(KafkaConfiguration(brokers: [broker]))
    }

    @Test("with a duration out of range is refused by option, value and range")
    func badDuration() throws {
        var configuration = Self.valid
        configuration.linger = .seconds(-1)
        let error = try #require(refusal(of: configuration))
        #expect(error.message.contains("'linger'") && error.message.contains("-1.0 seconds"))
        #expect(error.message.contains("900.0 seconds"))
    }

    @Test("that lingers for longer than a delivery may take is refused by both options")
    func lingerBeyondTimeout() throws {
        var configuration = Self.valid
        configuration.linger = .seconds(121)
        let error = try #require(refusal(of: configuration))
        #expect(error.message.contains("'linger'") && error.message.contains("'deliveryTimeout'"))
    }

    @Test("with a value that librdkafka doesn't take is refused by name and value")
    func badValue() throws {
        var configuration = Self.valid
        configuration.properties = ["compression.type": "rar"]
        let error = try #require(refusal(of: configuration))
        #expect(error.message.contains("'compression.type' = 'rar'"))
    }

    @Test("with a property that librdkafka doesn't know is refused by name")
    func unknownProperty() throws {
        var configuration = Self.valid
        configuration.properties = ["no.such.property": "1"]
        let error = try #require(refusal(of: configuration))
        #expect(error.message.contains("no.such.property"))
    }

    @Test("with a property that would break what a client promises is refused, with the reason")
    func reservedProperty() throws {
        var configuration = Self.valid
        configuration.properties = ["enable.auto.offset.store": "true"]
        let error = try #require(
            #expect(throws: KafkaError.self) {
                try KafkaConsumer(configuration, group: "g", topics: ["t"]) { _ in }
            }
        )
        #expect(error.message.contains("enable.auto.offset.store") && error.message.contains("handler"))
    }

    @Test("never shows a secret, not when printed, dumped or refused")
    func secrets() throws {
        var configuration = Self.valid
        configuration.properties = [
            "sasl.password": "hunter2", "ssl.key.password": "hunter2", "sasl.username": "alice",
            "sasl.oauthbearer.assertion.private.key.passphrase": "hunter2",
        ]
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("hunter2"))
            #expect(text.contains("sasl.password") && text.contains("alice"))
        }
        for properties in [
            ["security.protocol": "ssl", "ssl.key.pem": "hunter2"],
            ["sasl.pasword": "hunter2"],
            ["sasl.password": "hunter2\0"],
        ] {
            configuration.properties = properties
            let error = try #require(refusal(of: configuration))
            #expect(!"\(error)".contains("hunter2"))
        }
    }

    @Test("takes brokers and client id from the environment")
    func environment() {
        let configuration = KafkaConfiguration(environment: [
            "KAFKA_BOOTSTRAP_SERVERS": "a:1, b:2", "KAFKA_CLIENT_ID": "billing",
        ])
        #expect(configuration.brokers == ["a:1", "b:2"])
        #expect(configuration.clientID == "billing")
    }

    @Test("takes who the client is from the environment, if a protocol with authentication is asked for")
    func secureEnvironment() {
        var environment = [
            "KAFKA_BOOTSTRAP_SERVERS": "a:1", "KAFKA_SASL_USERNAME": "alice", "KAFKA_SASL_PASSWORD": "hunter2",
            "KAFKA_SASL_MECHANISM": "PLAIN", "KAFKA_SSL_CA_LOCATION": "/ca.pem", "KAFKA_SSL_KEY_PASSWORD": " ",
        ]
        #expect(KafkaConfiguration(environment: environment).properties.isEmpty)
        environment["KAFKA_SECURITY_PROTOCOL"] = "SASL_PLAINTEXT"
        #expect(
            KafkaConfiguration(environment: environment).properties == [
                "security.protocol": "sasl_plaintext", "sasl.mechanism": "PLAIN", "sasl.username": "alice",
                "sasl.password": "hunter2",
            ]
        )
        environment["KAFKA_SASL_PASSWORD"] = " hunter 2 \n"
        #expect(KafkaConfiguration(environment: environment).properties["sasl.password"] == " hunter 2 ")
        environment["KAFKA_SECURITY_PROTOCOL"] = "ssl"
        #expect(
            KafkaConfiguration(environment: environment).properties == [
                "security.protocol": "ssl", "ssl.ca.location": "/ca.pem",
            ]
        )
    }

    @Test("has records that are moved acknowledged, whatever it says of others")
    func moving() {
        var configuration = Self.valid
        configuration.isIdempotent = false
        configuration.acknowledgements = KafkaConfiguration.Acknowledgements.none
        #expect(configuration.moving.acknowledgements == .all)
        configuration.acknowledgements = nil
        configuration.properties = ["request.required.acks": "0", "retries": "3"]
        #expect(configuration.moving.acknowledgements == .all && configuration.moving.properties == ["retries": "3"])
    }

    @Test(
        "of a consumer whose topics can't be is refused by their names",
        arguments: [
            (["orders", "^("], ["'^('", "regular expression"]), (["^[a"], ["'^[a'"]),
            (["orders", "bills", "orders"], ["'orders' twice", "once"]),
        ]
    )
    func topics(_ topics: [String], _ words: [String]) throws {
        let error = try #require(
            #expect(throws: KafkaError.self) { try KafkaConsumer(Self.valid, group: "g", topics: topics) { _ in } }
        )
        #expect(error.code == .configuration && error.message.contains("'topics'"))
        for word in words { #expect(error.message.contains(word), "\(error.message)") }
    }

    @Test("of a consumer needs a group, topics and a batch of at least one")
    func consumer() {
        #expect(throws: KafkaError.self) { try KafkaConsumer(Self.valid, group: "", topics: ["t"]) { _ in } }
        #expect(throws: KafkaError.self) { try KafkaConsumer(Self.valid, group: "g", topics: []) { _ in } }
        #expect(throws: KafkaError.self) { try KafkaConsumer(Self.valid, group: "g", topics: [""]) { _ in } }
        #expect(throws: KafkaError.self) {
            try KafkaConsumer(Self.valid, group: "g", topics: ["t"], batchesOf: 0) { _ in }
        }
    }
}
