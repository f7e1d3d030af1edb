// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// What librdkafka last said of a broker that could not be reached or would not have us.
///
/// A record that isn't delivered in time has no reason but that; this is what stands behind it.
final class BrokerTrouble: Sendable {
    /// What it said, without secrets.
    let text: String

    /// What kind of trouble it is, as librdkafka names it.
    let errorName: String

    /// How long it had been so when somebody asked.
    let age: Duration

    private let time: ContinuousClock.Instant

    private init(_ text: String, _ errorName: String, at time: ContinuousClock.Instant, age: Duration = .zero) {
        (self.text, self.errorName, self.time, self.age) = (text, errorName, time, age)
    }

    /// What its log says of a connection that failed.
    convenience init(line: String, at time: ContinuousClock.Instant = .now) {
        // Without `[thrd:…]: `, which tells nobody anything.
        let told = line.hasPrefix("[thrd:") ? line.split(separator: "]: ", maxSplits: 1).last.map(String.init) : nil
        let text = LogSecrets.redact(told ?? line)
        self.init(text, Self.errorName(of: text), at: time)
    }

    /// What an error event says; `nil` for one that comes of others, or has nothing to do with brokers.
    convenience init?(_ code: rd_kafka_resp_err_t, _ text: String, at time: ContinuousClock.Instant = .now) {
        switch code {
        case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__SSL, RD_KAFKA_RESP_ERR__RESOLVE,
            RD_KAFKA_RESP_ERR__TRANSPORT:
            let text = LogSecrets.redact(text)
            self.init(text, ErrorAdvice.isDistrust(text) ? "_SSL" : code.protocolName, at: time)
        default: return nil
        }
    }

    /// What stands behind an error event that says no more than that no broker can be reached.
    static func behind(_ code: rd_kafka_resp_err_t, of client: OpaquePointer) -> BrokerTrouble? {
        code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ? ClientHooks.of(client)?.trouble?.seen(at: .now) : nil
    }

    /// The same, as somebody sees it who asks now.
    func seen(at now: ContinuousClock.Instant) -> BrokerTrouble {
        BrokerTrouble(text, errorName, at: time, age: max(time.duration(to: now), .zero))
    }

    private static func errorName(of text: String) -> String {
        if ErrorAdvice.isDistrust(text) || text.contains("SSL handshake") { return "_SSL" }
        if text.contains("Failed to resolve") { return "_RESOLVE" }
        return text.contains("uthentication error") ? "_AUTHENTICATION" : "_TRANSPORT"
    }
}
