// SPDX-License-Identifier: Apache-2.0

public import Foundation

extension KafkaConfiguration {
    /// Takes the settings that the environment has; what is empty is not set.
    ///
    /// | variable | is |
    /// |---|---|
    /// | `KAFKA_BOOTSTRAP_SERVERS` | the brokers, with commas |
    /// | `KAFKA_CLIENT_ID` | the client's name, `stitch` without it |
    /// | `KAFKA_SECURITY_PROTOCOL` | `plaintext`, `ssl`, `sasl_plaintext` or `sasl_ssl`, in either case |
    /// | `KAFKA_SASL_MECHANISM` | `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512` or `OAUTHBEARER` |
    /// | `KAFKA_SASL_USERNAME`, `KAFKA_SASL_PASSWORD` | who the client is |
    /// | `KAFKA_SSL_CA_LOCATION` | a PEM file of the authorities that the brokers' certificates may come from |
    /// | `KAFKA_SSL_CERTIFICATE_LOCATION`, `KAFKA_SSL_KEY_LOCATION` | PEM files of the client's certificate and its key |
    /// | `KAFKA_SSL_KEY_PASSWORD` | the key's password |
    /// | `KAFKA_SSL_CA_PEM`, `KAFKA_SSL_CERTIFICATE_PEM`, `KAFKA_SSL_KEY_PEM` | the same as texts |
    ///
    /// White space around a value is left out, of a password only the end of a line. Variables of SASL and of TLS count only
    /// if `KAFKA_SECURITY_PROTOCOL` asks for it; for `OAUTHBEARER` the program gives ``authentication``, since no variable
    /// holds tokens. Without brokers, or with a value that can't be, the `init` of what takes the configuration throws.
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        func text(_ name: String) -> String? {
            let text = environment[name] ?? ""
            let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
            guard !trimmed.isEmpty else { return nil }
            // A space may be part of a password; the end of a line is that of a file.
            return name.hasSuffix("PASSWORD") ? text.trimmingCharacters(in: .newlines) : trimmed
        }
        self.init(
            brokers: Self.brokers(in: text("KAFKA_BOOTSTRAP_SERVERS") ?? ""),
            clientID: text("KAFKA_CLIENT_ID") ?? "stitch"
        )
        guard let `protocol` = text("KAFKA_SECURITY_PROTOCOL")?.lowercased() else { return }
        properties["security.protocol"] = `protocol`
        var names: [String] = []
        if `protocol`.hasPrefix("sasl") { names += ["sasl.mechanism", "sasl.username", "sasl.password"] }
        if `protocol`.hasSuffix("ssl") {
            names += ["ca", "certificate", "key"].flatMap { ["ssl.\($0).location", "ssl.\($0).pem"] }
            names.append("ssl.key.password")
        }
        for name in names {
            properties[name] = text("KAFKA_\(name.uppercased().replacing(".", with: "_"))")
        }
    }

    /// The parts of a list with commas.
    static func brokers(in list: String) -> [String] {
        list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }
}
