// SPDX-License-Identifier: Apache-2.0

/// Where the properties of Java's clients differ from librdkafka's.
enum JavaProperty {
    /// What a property of Java's clients is for librdkafka.
    enum Meaning {
        /// Properties of librdkafka, most often one.
        case properties([(name: String, value: String)])
        /// Nothing; this is what would be right.
        case refused(String)
    }

    /// What a property means, beside the others of its file.
    static func meaning(of name: String, _ value: String, in file: [String: String]) -> Meaning {
        if let other = renamed[name] { return .properties([(other, value)]) }
        if let reason = refused[name] { return .refused(reason) }
        switch name {
        case "buffer.memory":
            guard let bytes = Int(value), bytes > 0 else { return .refused("it has to be a number of bytes") }
            return .properties([("queue.buffering.max.kbytes", String(bytes / 1024 + (bytes % 1024 > 0 ? 1 : 0)))])
        case "compression.gzip.level", "compression.lz4.level", "compression.zstd.level":
            let isUsed = name == "compression.\(file["compression.type"]?.lowercased() ?? "none").level"
            return .properties(isUsed ? [("compression.level", value)] : [])
        case "send.buffer.bytes", "receive.buffer.bytes":
            return .properties([("socket.\(name)", value == "-1" ? "0" : value)])
        case "ssl.endpoint.identification.algorithm":
            return .properties([(name, value.isEmpty ? "none" : value)])
        case "partition.assignment.strategy":
            return strategy(value)
        case "sasl.jaas.config":
            return login(value)
        case "ssl.truststore.location":
            guard file["ssl.truststore.type"]?.uppercased() == "PEM" else { return .refused(trustStore) }
            return .properties([("ssl.ca.location", value)])
        case "ssl.keystore.location":
            switch file["ssl.keystore.type"]?.uppercased() {
            case "PEM": return .properties([("ssl.certificate.location", value), ("ssl.key.location", value)])
            case "PKCS12": return .properties([(name, value)])
            case nil where value.hasSuffix(".p12") || value.hasSuffix(".pfx"): return .properties([(name, value)])
            default: return .refused(keyStore)
            }
        case "ssl.truststore.type", "ssl.keystore.type":
            let isRead = value.uppercased() == "PEM" || name == "ssl.keystore.type" && value.uppercased() == "PKCS12"
            return isRead ? .properties([]) : .refused(name == "ssl.keystore.type" ? keyStore : trustStore)
        default:
            return .properties([(name, value)])
        }
    }

    /// `org.apache.kafka.clients.consumer.RangeAssignor` and the like.
    private static func strategy(_ value: String) -> Meaning {
        let names = [
            "RangeAssignor": "range", "RoundRobinAssignor": "roundrobin",
            "CooperativeStickyAssignor": "cooperative-sticky",
        ]
        var strategies: [String] = []
        for part in value.split(separator: ",") {
            let part = part.split(separator: ".").last.map { $0.filter { !$0.isWhitespace } } ?? ""
            if part == "StickyAssignor" || part.hasSuffix("Assignor") && names[part] == nil {
                return .refused("it has to be range, roundrobin or cooperative-sticky")
            }
            strategies.append(names[part] ?? part)
        }
        return .properties([("partition.assignment.strategy", strategies.joined(separator: ","))])
    }

    /// `…PlainLoginModule required username="…" password="…";`.
    private static func login(_ value: String) -> Meaning {
        let isWithPassword = value.contains("PlainLoginModule") || value.contains("ScramLoginModule")
        guard isWithPassword, let username = option("username", in: value), let password = option("password", in: value)
        else {
            return .refused(
                "give sasl.username and sasl.password, or set 'authentication' to .oauthBearer(…) in the program"
            )
        }
        return .properties([("sasl.username", username), ("sasl.password", password)])
    }

    private static func option(_ name: String, in text: String) -> String? {
        guard let start = text.firstRange(of: "\(name)=\"")?.upperBound else { return nil }
        var value = ""
        var rest = text[start...]
        while let character = rest.popFirst() {
            if character == "\"" { return value }
            value.append(character == "\\" ? rest.popFirst() ?? character : character)
        }
        return nil
    }

    private static let trustStore =
        "librdkafka reads no Java key stores: write the authorities' certificates into a PEM file (`keytool -list -rfc "
        + "-keystore FILE`) and name it with ssl.ca.location"

    private static let keyStore =
        "librdkafka reads no Java key stores: set ssl.keystore.type to PKCS12 if it is one (`keytool -importkeystore "
        + "-deststoretype pkcs12` makes one), or name PEM files with ssl.certificate.location and ssl.key.location"

    private static let renamed = [
        "max.request.size": "message.max.bytes",
        "fetch.max.wait.ms": "fetch.wait.max.ms",
        "ssl.truststore.certificates": "ssl.ca.pem",
        "ssl.keystore.certificate.chain": "ssl.certificate.pem",
        "ssl.keystore.key": "ssl.key.pem",
    ]

    private static let refused = [
        "key.serializer": "remove it: keys are bytes or texts",
        "value.serializer": "remove it: values are bytes, which the program makes",
        "key.deserializer": "remove it: keys are bytes or texts",
        "value.deserializer": "remove it: values are bytes, which the program reads, as by record.decode(…)",
        "interceptor.classes": "remove it: no Java code is run",
        "metric.reporters": "remove it: set statistics.interval.ms and use a traced client",
        "partitioner.class": "set partitioner to murmur2_random for what Java's clients do",
        "max.block.ms": "remove it: who sends waits for room until its task is cancelled",
        "max.poll.records": "remove it: give the consumer 'batchesOf' instead",
        "default.api.timeout.ms": "remove it: calls that wait have a timeout of their own",
        "ssl.truststore.password": "remove it: PEM files of certificates have no password",
        "ssl.protocol": "remove it: OpenSSL chooses",
        "ssl.enabled.protocols": "remove it: OpenSSL chooses",
        "sasl.login.callback.handler.class": "remove it: set 'authentication' to .oauthBearer(…) in the program",
        "sasl.client.callback.handler.class": "remove it: no Java code is run",
    ]
}
