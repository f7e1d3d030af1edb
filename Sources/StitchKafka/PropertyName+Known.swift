// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// Which properties there are, and which one somebody meant.
extension PropertyName {
    /// The error for a name that librdkafka doesn't know.
    static func unknown(_ name: String) -> KafkaError {
        let nearest = nearest(to: name).map { "did you mean '\($0)'? " } ?? ""
        // Static text.
        let version = rd_kafka_version_str().map { String(cString: $0) } ?? ""
        return KafkaError(
            .configuration,
            "There is no property '\(name)' in librdkafka \(version): \(nearest)Its CONFIGURATION.md has all of them"
        )
    }

    /// The known name with the fewest differences, if it has few.
    static func nearest(to name: String) -> String? {
        let scored = known.map { (name: $0, distance: distance(name, $0)) }
        let best = scored.min { ($0.distance, $0.name) < ($1.distance, $1.name) }
        guard let best, best.distance <= max(2, name.count / 4) else { return nil }
        return best.name
    }

    /// What this librdkafka has a default for, and what has none.
    static let known: Set<String> = {
        var names = Set(withoutDefault)
        func add(_ dump: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ count: Int) {
            // Ours, with its texts: names and values in turn. Those with an underscore are callbacks and the like.
            defer { rd_kafka_conf_dump_free(dump, count) }
            for index in stride(from: 0, to: count, by: 2) {
                guard let name = dump?[index].map({ String(cString: $0) }), !name.contains("_") else { continue }
                names.insert(name)
            }
        }
        // Ours, until destroyed.
        let configuration = rd_kafka_conf_new()
        let topic = rd_kafka_topic_conf_new()
        defer {
            rd_kafka_conf_destroy(configuration)
            rd_kafka_topic_conf_destroy(topic)
        }
        var count = 0
        let global = rd_kafka_conf_dump(configuration, &count)
        add(global, count)
        let ofTopics = rd_kafka_topic_conf_dump(topic, &count)
        add(ofTopics, count)
        return names
    }()

    private static let withoutDefault = [
        "acks", "bootstrap.servers", "client.id", "client.rack", "compression.type", "delivery.timeout.ms", "group.id",
        "group.instance.id", "linger.ms", "max.partition.fetch.bytes", "metadata.broker.list", "partitioner",
        "plugin.library.paths", "retries", "sasl.kerberos.keytab", "sasl.mechanism", "sasl.oauthbearer.client.id",
        "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config", "sasl.oauthbearer.extensions",
        "sasl.oauthbearer.scope", "sasl.oauthbearer.token.endpoint.url", "sasl.password", "sasl.username",
        "ssl.ca.location", "ssl.ca.pem", "ssl.certificate.location", "ssl.certificate.pem", "ssl.cipher.suites",
        "ssl.crl.location", "ssl.curves.list", "ssl.engine.location", "ssl.key.location", "ssl.key.password",
        "ssl.key.pem", "ssl.keystore.location", "ssl.keystore.password", "ssl.sigalgs.list", "topic.blacklist",
        "transactional.id",
    ]

    /// How many characters have to be added, removed or replaced to make one of the other.
    static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a.prefix(100)), b = Array(b.prefix(100))
        var row = Array(0...b.count)
        for i in a.indices {
            var diagonal = row[0]
            row[0] = i + 1
            for j in b.indices {
                let replaced = diagonal + (a[i] == b[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
            }
        }
        return row[b.count]
    }
}
