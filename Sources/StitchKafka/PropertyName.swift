// SPDX-License-Identifier: Apache-2.0

/// What librdkafka's properties are called.
enum PropertyName {
    /// One of the names of a property that has several.
    static func canonical(_ name: String) -> String { aliases[name] ?? name }

    private static let aliases = [
        "metadata.broker.list": "bootstrap.servers",
        "max.in.flight": "max.in.flight.requests.per.connection",
        "sasl.mechanisms": "sasl.mechanism",
        "queue.buffering.max.ms": "linger.ms",
        "message.send.max.retries": "retries",
        "compression.codec": "compression.type",
        "request.required.acks": "acks",
        "message.timeout.ms": "delivery.timeout.ms",
        "max.partition.fetch.bytes": "fetch.message.max.bytes",
        "auto.commit.enable": "enable.auto.commit",
    ]

    /// A value as it is usually written, where librdkafka takes it in either case, so that the same is seen to be the same.
    static func usual(_ value: String, of canonical: String) -> String {
        guard enumerated.contains(canonical) else { return value }
        let value = value.lowercased()
        return canonical == "acks" && value == "-1" ? "all" : value
    }

    private static let enumerated: Set = [
        "acks", "compression.type", "enable.ssl.certificate.verification", "group.protocol", "isolation.level",
        "security.protocol", "ssl.endpoint.identification.algorithm",
    ]

    /// What has an option of its own, or would break what a client promises.
    static let reserved = [
        "bootstrap.servers": "set 'brokers'",
        "metadata.broker.list": "set 'brokers'",
        "client.id": "set 'clientID'",
        "group.id": "it is the argument 'group' of the consumer",
        "linger.ms": "set 'linger'",
        "queue.buffering.max.ms": "set 'linger'",
        "delivery.timeout.ms": "set 'deliveryTimeout'",
        "message.timeout.ms": "set 'deliveryTimeout'",
        "enable.idempotence": "set 'isIdempotent'",
        "auto.offset.reset": "set 'autoOffsetReset'",
        "auto.commit.interval.ms": "set 'commitInterval'",
        "statistics.interval.ms": "set 'statisticsInterval'",
        "transactional.id": "set 'transactionalID'",
        "transaction.timeout.ms": "set 'transactionTimeout'",
        "enable.auto.commit": "the consumer commits what its handler has finished",
        "auto.commit.enable": "the consumer commits what its handler has finished",
        "enable.auto.offset.store": "an offset is stored when the handler has finished",
        "delivery.report.only.error": "every sender gets its answer",
        "log_level": "the handler of StitchService's Diagnostics chooses",
        "log.queue": "the log goes to StitchService's Diagnostics",
        "enable_sasl_queue": "tokens come from 'authentication'",
    ]
}
