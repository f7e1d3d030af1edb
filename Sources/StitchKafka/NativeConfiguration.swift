// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import StitchService

/// Owns librdkafka's configuration object until a client is made of it.
final class NativeConfiguration {
    private var configuration: OpaquePointer?

    /// Sets what is the same for every client, and the properties.
    ///
    /// - Throws: `KafkaError` that names the property, its value (unless that is a secret) and librdkafka's objection.
    init(_ properties: ClientProperties) throws(KafkaError) {
        // Ours from here on, until `makeClient` gives it away.
        configuration = rd_kafka_conf_new()
        for (name, value) in properties.values {
            try set(name, value)
        }
        rd_kafka_conf_set_log_cb(configuration) { _, level, facility, text in
            guard let text else { return }
            let facility = facility.map { String(cString: $0) } ?? ""
            Diagnostics.log(
                ClientLog.level(syslog: level, facility: facility),
                String(cString: text),
                metadata: ["facility": facility]
            )
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

    /// Makes a client, which the caller owns and destroys.
    func makeClient(_ type: rd_kafka_type_t) throws(KafkaError) -> OpaquePointer {
        let (client, text) = withErrorText { rd_kafka_new(type, configuration, $0, $1) }
        guard let client else {
            // Nothing was taken: the configuration is still ours, `deinit` destroys it.
            throw KafkaError(.configuration, "librdkafka refuses the configuration: \(text)")
        }
        // The client took the configuration.
        configuration = nil
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
        guard result != RD_KAFKA_CONF_UNKNOWN else {
            throw KafkaError(.configuration, "There is no property '\(name)': see librdkafka's CONFIGURATION.md")
        }
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

/// librdkafka's log as diagnostics.
enum ClientLog {
    /// librdkafka counts as syslog does: 0 to 2 is fatal, 3 an error that it goes on trying to get over, 4 a warning.
    static func level(syslog level: Int32, facility: String) -> Diagnostic.Level {
        // One configuration serves producers and consumers, so each has properties that are the other's. A lost
        // connection is an error event too, which is told as a warning.
        if facility == "CONFWARN" || facility == "FAIL" { return .debug }
        return switch level {
        case ...2: .error
        case 3, 4: .warning
        case 5, 6: .info
        default: .debug
        }
    }
}
