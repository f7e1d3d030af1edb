// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Encryption and authentication.
extension ClientProperties {
    mutating func setSecurity(_ configuration: KafkaConfiguration) throws(KafkaError) {
        if let tls = configuration.tls { try setTLS(tls) }
        if let authentication = configuration.authentication { try setAuthentication(authentication) }
        guard configuration.tls != nil || configuration.authentication != nil else { return }
        let named = configuration.properties["security.protocol"]?.lowercased()
        let transport = configuration.tls != nil || named?.hasSuffix("ssl") == true ? "ssl" : "plaintext"
        let isAuthenticated = configuration.authentication != nil || named?.hasPrefix("sasl") == true
        try set(
            "security.protocol",
            isAuthenticated ? "sasl_\(transport)" : transport,
            by: configuration.tls == nil ? "the option 'authentication'" : "the option 'tls'"
        )
    }

    private mutating func setTLS(_ tls: KafkaTLS) throws(KafkaError) {
        try setPEM("ssl.ca", tls.authorities, "tls.authorities")
        try setPEM("ssl.certificate", tls.certificate, "tls.certificate")
        try setPEM("ssl.key", tls.key, "tls.key")
        if let password = tls.keyPassword {
            try set("ssl.key.password", password.text, by: "the option 'tls.keyPassword'")
        }
        if (tls.certificate == nil) != (tls.key == nil) {
            let (missing, given) = tls.key == nil ? ("key", "certificate") : ("certificate", "key")
            throw KafkaError(
                .configuration,
                "The option 'tls.\(given)' needs 'tls.\(missing)' beside it: a client shows a certificate and proves "
                    + "that it has the key"
            )
        }
        if !tls.verifiesCertificate {
            try set("enable.ssl.certificate.verification", "false", by: "the option 'tls.verifiesCertificate'")
        }
        // Older librdkafka takes any name unless told otherwise.
        let verification = tls.verifiesCertificate && tls.verifiesHostname ? "https" : "none"
        try set("ssl.endpoint.identification.algorithm", verification, by: "the option 'tls.verifiesHostname'")
    }

    private mutating func setPEM(_ name: String, _ pem: KafkaTLS.PEM?, _ option: String) throws(KafkaError) {
        switch pem {
        case .file(let path):
            try Self.checkReadable(path, "The option '\(option)'")
            try set("\(name).location", path, by: "the option '\(option)'")
        case .text(let text):
            guard text.text.contains("-----BEGIN ") else {
                throw KafkaError(
                    .configuration,
                    "The option '\(option)' is no PEM: it has to have a line that begins with '-----BEGIN'; a path "
                        + "would be .file(…)"
                )
            }
            try set("\(name).pem", text.text, by: "the option '\(option)'")
        case nil:
            break
        }
    }

    static func checkReadable(_ path: String, _ what: String) throws(KafkaError) {
        guard !FileManager.default.isReadableFile(atPath: path) else { return }
        throw KafkaError(.configuration, "\(what) is '\(path)': there is no such file, or it can't be read")
    }

    private mutating func setAuthentication(_ authentication: KafkaAuthentication) throws(KafkaError) {
        let origin = "the option 'authentication'"
        func check(_ username: String, _ password: KafkaSecret) throws(KafkaError) {
            guard username.isEmpty || password.text.isEmpty else { return }
            throw KafkaError(
                .configuration,
                "The option 'authentication' has an empty \(username.isEmpty ? "username" : "password"): give one"
            )
        }
        switch authentication {
        case .plain(let username, let password), .scramSHA256(let username, let password),
            .scramSHA512(let username, let password):
            try check(username, password)
            try set("sasl.mechanism", authentication.mechanism, by: origin)
            try set("sasl.username", username, by: origin)
            try set("sasl.password", password.text, by: origin)
        case .oauthBearer:
            try set("sasl.mechanism", authentication.mechanism, by: origin)
        }
    }
}

extension KafkaAuthentication {
    /// The name of the mechanism in SASL.
    var mechanism: String {
        switch self {
        case .plain: "PLAIN"
        case .scramSHA256: "SCRAM-SHA-256"
        case .scramSHA512: "SCRAM-SHA-512"
        case .oauthBearer: "OAUTHBEARER"
        }
    }
}
