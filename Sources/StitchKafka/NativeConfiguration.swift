// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// Owns librdkafka's configuration object until a client is made of it.
final class NativeConfiguration {
    private var configuration: OpaquePointer?
    private let hooks: ClientHooks

    /// Sets what is the same for every client, and the properties.
    ///
    /// - Throws: `KafkaError` that names the property, its value (unless that is a secret) and librdkafka's objection.
    init(_ properties: ClientProperties) throws(KafkaError) {
        // Ours from here on, until `makeClient` gives it away.
        configuration = rd_kafka_conf_new()
        hooks = ClientHooks(
            statistics: properties.statistics,
            tokens: properties.tokens.map { TokenRefresher($0) },
            secrets: LogSecrets(properties.values.filter { SecretProperty.isSecret($0.name) }.map(\.value))
        )
        // Before the properties, which may make librdkafka talk.
        rd_kafka_conf_set_log_cb(configuration) { client, level, facility, text in
            guard let text else { return }
            // The name belongs to the client.
            let name = client.flatMap(rd_kafka_name).map { String(cString: $0) }
            let facility = facility.map { String(cString: $0) } ?? ""
            if let client, facility == "FAIL" {
                ClientHooks.note(BrokerTrouble(line: String(cString: text)), of: client)
            }
            ClientLog.tell(level, facility, client: name, String(cString: text))
        }
        for (name, value) in properties.values {
            try set(name, value)
        }
        if !properties.statistics.isEmpty {
            rd_kafka_conf_set_stats_cb(configuration) { client, json, count, _ in
                if let client, let json {
                    ClientHooks.tellStatistics(of: client, UnsafeRawBufferPointer(start: json, count: count))
                }
                // librdkafka frees the text.
                return 0
            }
        }
        if hooks.tokens != nil {
            // Nobody need poll for tokens to come.
            rd_kafka_conf_enable_sasl_queue(configuration, 1)
            rd_kafka_conf_set_oauthbearer_token_refresh_cb(configuration) { client, _, _ in
                if let client { ClientHooks.of(client)?.tokens?.refresh(client) }
            }
        }
    }

    deinit {
        // Only what no client took.
        if let configuration { rd_kafka_conf_destroy(configuration) }
    }

    /// Sets what takes a pointer: callbacks and event masks.
    ///
    /// The pointer must not be kept.
    func adjust(_ body: (OpaquePointer) -> Void) {
        if let configuration { body(configuration) }
    }

    /// Makes a client, which the caller owns and ends with `destroyClient`.
    func makeClient(_ type: rd_kafka_type_t) throws(KafkaError) -> OpaquePointer {
        let (client, text) = withErrorText { rd_kafka_new(type, configuration, $0, $1) }
        guard let client else {
            // Nothing was taken: the configuration is still ours, `deinit` destroys it.
            throw KafkaError(.configuration, "librdkafka refuses the configuration: \(LogSecrets.redact(text))")
        }
        // The client took the configuration.
        configuration = nil
        ClientHooks.add(hooks, for: client)
        if hooks.tokens != nil, let error = rd_kafka_sasl_background_callbacks_enable(client) {
            // Ours.
            defer { rd_kafka_error_destroy(error) }
            let text = rd_kafka_error_string(error).map { String(cString: $0) } ?? ""
            destroyClient(client)
            throw KafkaError(.configuration, "librdkafka can't ask for tokens: \(text)")
        }
        return client
    }

    private func set(_ name: String, _ value: String) throws(KafkaError) {
        if name.utf8.contains(0) || value.utf8.contains(0) {
            throw KafkaError(.configuration, "The property '\(name.filter { $0 != "\0" })' has a NUL in it: remove it")
        }
        // Name and value are copied.
        let (result, text) = withErrorText { rd_kafka_conf_set(configuration, name, value, $0, $1) }
        guard result != RD_KAFKA_CONF_OK else { return }
        // Without the value, which may be a secret under a misspelt name.
        guard result != RD_KAFKA_CONF_UNKNOWN else { throw PropertyName.unknown(name) }
        let shown = SecretProperty.shown(value, of: name)
        let objection = SecretProperty.isSecret(name) ? "the value is not one that the property takes" : text
        throw KafkaError(.configuration, "The property '\(name)' = '\(shown)' is refused by librdkafka: \(objection)")
    }
}

/// Calls what writes its complaint into a buffer; returns both.
func withErrorText<Result>(_ body: (UnsafeMutablePointer<CChar>?, Int) -> Result) -> (Result, String) {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
        buffer.initialize(repeating: 0)
        let result = body(buffer.baseAddress, buffer.count)
        return (result, String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
}
