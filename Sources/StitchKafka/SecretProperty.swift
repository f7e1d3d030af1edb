// SPDX-License-Identifier: Apache-2.0

/// Which properties of librdkafka hold what nobody may read in a log.
enum SecretProperty {
    /// Whether the value of the property is a secret.
    ///
    /// Rather one too many.
    static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return ["password", "passphrase", "secret"].contains { name.contains($0) } || name.hasSuffix(".pem")
            || ["sasl.oauthbearer.config", "sasl.jaas.config", "ssl.keystore.key"].contains(name)
    }

    /// The value as it may be shown.
    static func shown(_ value: String, of name: String) -> String {
        isSecret(name) ? "<redacted>" : value
    }
}
