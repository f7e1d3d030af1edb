// SPDX-License-Identifier: Apache-2.0

/// Which properties of librdkafka hold what nobody may read in a log.
enum SecretProperty {
    /// Whether the value of the property is a secret.
    ///
    /// Rather one too many.
    static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return name.contains("password") || name.contains("secret") || name.hasSuffix(".pem")
            || name == "sasl.oauthbearer.config" || name == "sasl.jaas.config" || name == "ssl.keystore.key"
    }

    /// The value as it may be shown.
    static func shown(_ value: String, of name: String) -> String {
        isSecret(name) ? "<redacted>" : value
    }
}
