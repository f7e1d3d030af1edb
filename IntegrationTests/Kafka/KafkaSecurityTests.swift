// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchKafka
import StitchService
import StitchTesting
import Synchronization
import Testing

/// Apache Kafka with TLS, passwords and access lists, and what clients of it are told.
@Suite(
    "Kafka with TLS, passwords and access lists",
    .enabled(if: ServerPack.isExpected, "needs STITCH_TEST_SERVERS"),
    .timeLimit(.minutes(3))
)
struct KafkaSecurityTests {
    /// Everything is asked of one broker, because starting one takes seconds.
    @Test("lets in whom it should, and tells the others what to change")
    func security() async throws {
        let arguments = ["--tls", "--sasl", "--acl", "--owner", String(getpid())]
        try await ServerPack.with("kafka", arguments) { kafka in
            try await encryption(kafka)
            try await passwords(kafka)
            try await tokens(kafka)
            try await accessLists(kafka)
        }
    }

    private func encryption(_ kafka: ServerPack) async throws {
        var configuration = try brokers(kafka, "KAFKA_TLS_BOOTSTRAP_SERVERS")
        let ca = try kafka.setting("KAFKA_TLS_CA")
        configuration.tls = KafkaTLS(authorities: .file(ca))
        try await expectRoundTrip(configuration)
        configuration.tls = KafkaTLS(authorities: .text(try text(kafka, "KAFKA_TLS_CA")))
        try await expectRoundTrip(configuration)

        configuration.tls = KafkaTLS(authorities: .file(try kafka.setting("KAFKA_TLS_OTHER_CA")))
        await expectFailure(configuration, .tlsFailed, "none of the authorities", "tls.authorities")
        configuration.tls = nil
        await expectFailure(configuration, .connectionFailed, "set 'tls'")

        var mutual = try brokers(kafka, "KAFKA_MTLS_BOOTSTRAP_SERVERS")
        mutual.tls = KafkaTLS(authorities: .file(ca))
        await expectFailure(mutual, .connectionFailed, "tls.certificate")
        mutual.tls?.certificate = .file(try kafka.setting("KAFKA_TLS_CLIENT_CERT"))
        mutual.tls?.key = .file(try kafka.setting("KAFKA_TLS_CLIENT_KEY"))
        try await expectRoundTrip(mutual)
        mutual.tls?.certificate = .text(try text(kafka, "KAFKA_TLS_CLIENT_CERT"))
        mutual.tls?.key = .text(try text(kafka, "KAFKA_TLS_CLIENT_KEY"))
        try await expectRoundTrip(mutual)

        // It is the same address, and not a name that the certificate is for.
        configuration.tls = KafkaTLS(authorities: .file(ca))
        configuration.brokers = configuration.brokers.map { $0.replacing("127.0.0.1", with: "127.1") }
        await expectFailure(configuration, .tlsFailed, "name")
        configuration.tls?.verifiesHostname = false
        try await expectRoundTrip(configuration)
    }

    private func text(_ kafka: ServerPack, _ setting: String) throws -> KafkaSecret {
        KafkaSecret(try String(contentsOfFile: kafka.setting(setting), encoding: .utf8))
    }

    private func passwords(_ kafka: ServerPack) async throws {
        var configuration = try brokers(kafka, "KAFKA_SASL_BOOTSTRAP_SERVERS")
        configuration.authentication = .plain(username: "alice", password: "secret")
        try await expectRoundTrip(configuration)
        configuration.authentication = .plain(username: "alice", password: "hunter2")
        await expectFailure(configuration, .authenticationFailed, "check username, password")
        configuration.authentication = nil
        await expectFailure(configuration, .connectionFailed, "set 'authentication'")

        var secure = try brokers(kafka, "KAFKA_SASL_SSL_BOOTSTRAP_SERVERS")
        secure.tls = KafkaTLS(authorities: .file(try kafka.setting("KAFKA_TLS_CA")))
        secure.authentication = .plain(username: "alice", password: "secret")
        try await expectRoundTrip(secure)
        try await expectRoundTrip(
            KafkaConfiguration(environment: [
                "KAFKA_BOOTSTRAP_SERVERS": try kafka.setting("KAFKA_SASL_SSL_BOOTSTRAP_SERVERS"),
                "KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SSL_CA_LOCATION": try kafka.setting("KAFKA_TLS_CA"),
                "KAFKA_SASL_MECHANISM": "PLAIN", "KAFKA_SASL_USERNAME": "alice", "KAFKA_SASL_PASSWORD": "secret",
            ])
        )
        for authentication in [
            KafkaAuthentication.scramSHA256(username: "alice", password: "secret"),
            .scramSHA512(username: "alice", password: "secret"),
        ] {
            secure.authentication = authentication
            // Kafka 4 takes SCRAM only of newer ones; either it works, or the error says so.
            if LibraryVersion.speaksSCRAM {
                try await expectRoundTrip(secure)
            } else {
                await expectFailure(secure, .authenticationFailed, "2.6.1 or newer", "password may well be right")
            }
        }
        secure.authentication = .scramSHA256(username: "alice", password: "hunter2")
        let advice = LibraryVersion.speaksSCRAM ? "check username, password" : "2.6.1 or newer"
        await expectFailure(secure, .authenticationFailed, advice)
    }

    private func tokens(_ kafka: ServerPack) async throws {
        var configuration = try brokers(kafka, "KAFKA_SASL_BOOTSTRAP_SERVERS")
        let asked = Mutex(0)
        configuration.authentication = .oauthBearer(
            KafkaTokenSource {
                asked.withLock { $0 += 1 }
                return Self.token(for: "alice", lasting: 3600)
            }
        )
        try await expectRoundTrip(configuration)
        #expect(asked.withLock { $0 } >= 2)
        try await expectRenewal(configuration)

        configuration.authentication = .oauthBearer(KafkaTokenSource { throw NoToken() })
        await expectFailure(configuration, .authenticationFailed, "NoToken", "source of tokens")

        configuration.authentication = nil
        configuration.properties = [
            "security.protocol": "sasl_plaintext", "sasl.mechanism": "OAUTHBEARER",
            "enable.sasl.oauthbearer.unsecure.jwt": "true", "sasl.oauthbearer.config": "principal=alice",
        ]
        try await expectRoundTrip(configuration)
    }

    /// A token that expires soon is asked for again before, and what it is for goes on.
    private func expectRenewal(_ configuration: KafkaConfiguration) async throws {
        let (asked, topic) = (Inbox<Void>(), KafkaServer.name("renewed"))
        var configuration = configuration
        configuration.authentication = .oauthBearer(
            KafkaTokenSource {
                asked.put(())
                return Self.token(for: "alice", lasting: 4)
            }
        )
        let producer = try KafkaProducer(configuration)
        for offset in 0..<3 {
            _ = await asked.take(1)
            let delivery = try await producer.send(KafkaRecord(topic: topic, value: [1], partition: 0))
            #expect(delivery.offset == Int64(offset))
        }
        await producer.shutdown()
    }

    private func accessLists(_ kafka: ServerPack) async throws {
        var configuration = try brokers(kafka, "KAFKA_SASL_BOOTSTRAP_SERVERS")
        configuration.authentication = .plain(username: "alice", password: "secret")
        let topic = KafkaServer.name("private")
        try await KafkaAdmin(configuration).createTopic(topic)
        configuration.authentication = .plain(username: "mallory", password: "secret")
        configuration.deliveryTimeout = .seconds(10)
        let producer = try KafkaProducer(configuration)
        let refused = await #expect(throws: KafkaError.self) {
            try await producer.send(KafkaRecord(topic: topic, value: []))
        }
        #expect(refused?.code == .topicAuthorizationFailed && refused?.message.contains("access to the topic") == true)
        await producer.shutdown()
        let consumer = try KafkaConsumer(configuration, group: "private-\(topic)", topics: [topic]) { _ in }
        let stopped = await #expect(throws: KafkaError.self) { try await consumer.run() }
        #expect(stopped?.message.contains("give the user access") == true)
        await consumer.shutdown()
    }

    private func brokers(_ kafka: ServerPack, _ setting: String) throws -> KafkaConfiguration {
        KafkaConfiguration(brokers: [try kafka.setting(setting)])
    }

    /// A record can be sent and comes back.
    private func expectRoundTrip(_ configuration: KafkaConfiguration) async throws {
        let topic = KafkaServer.name("secure")
        try await KafkaAdmin(configuration).createTopic(topic)
        let producer = try KafkaProducer(configuration)
        try await producer.send(KafkaRecord(topic: topic, value: [7]))
        await producer.shutdown()
        let inbox = Inbox<KafkaConsumedRecord>()
        let consumer = try KafkaConsumer(configuration, group: topic, topics: [topic]) { inbox.put($0) }
        let running = Task { try await consumer.run() }
        #expect(await inbox.take(1).first?.value == [7])
        await consumer.shutdown()
        try await running.value
    }

    /// Whoever asks is told what is wrong and what to change, without the secret.
    private func expectFailure(_ configuration: KafkaConfiguration, _ code: KafkaError.Code, _ words: String...) async {
        async let undelivered: Void = expectUndelivered(configuration, words)
        async let unread: Void = expectUnread(configuration, words)
        var admin = try? KafkaAdmin(configuration)
        admin?.requestTimeout = .seconds(3)
        let error = await #expect(throws: KafkaError.self) { _ = try await admin?.describeConfiguration(of: "t") }
        #expect(error?.code == code)
        let message = error?.message ?? ""
        for word in words { #expect(message.contains(word), "\(message)") }
        #expect(!message.contains("hunter2"))
        await undelivered
        await unread
    }

    /// Who reads goes on trying, and says so in its health.
    private func expectUnread(_ configuration: KafkaConfiguration, _ words: [String]) async {
        guard let consumer = try? KafkaConsumer(configuration, group: "g", topics: ["t"], handler: { _ in }) else {
            Issue.record("there is no consumer of \(configuration)")
            return
        }
        let running = Task { try await consumer.run() }
        while consumer.health.isHealthy, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(10)) }
        let blocker = consumer.health.blocker ?? ""
        for word in words { #expect(blocker.contains(word), "\(blocker)") }
        #expect(!blocker.contains("hunter2"))
        await consumer.shutdown()
        await #expect(throws: Never.self) { try await running.value }
    }

    /// Who sends is told the same: not only that time was up.
    private func expectUndelivered(_ configuration: KafkaConfiguration, _ words: [String]) async {
        var configuration = configuration
        configuration.deliveryTimeout = .seconds(2)
        let producer = try? KafkaProducer(configuration)
        let error = await #expect(throws: KafkaError.self) {
            try await producer?.send(KafkaRecord(topic: "t", value: [1]))
        }
        #expect(error?.errorType == "_MSG_TIMED_OUT")
        let message = error?.message ?? ""
        for word in words { #expect(message.contains(word), "\(message)") }
        #expect(!message.contains("hunter2"))
        await producer?.shutdown()
    }

    private struct NoToken: Error {}

    /// An unsecured token, which the broker of the pack takes.
    private static func token(for principal: String, lasting seconds: Int) -> KafkaToken {
        let now = Int(Date.now.timeIntervalSince1970)
        let claims = #"{"sub":"\#(principal)","iat":\#(now),"exp":\#(now + seconds)}"#
        let parts = [#"{"alg":"none"}"#, claims].map { part in
            Data(part.utf8).base64EncodedString().replacing("=", with: "").replacing("+", with: "-")
                .replacing("/", with: "_")
        }
        return KafkaToken(
            KafkaSecret(parts.joined(separator: ".") + "."),
            expires: Date(timeIntervalSince1970: Double(now + seconds)),
            principal: principal
        )
    }
}
