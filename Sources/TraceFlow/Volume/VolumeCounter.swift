// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

/// Adds up how much there is of what, span by span, in bounded memory.
///
/// A span that is added twice counts twice.
public struct VolumeCounter: Sendable {
    /// How much is kept apart.
    public struct Limits: Sendable, Hashable {
        /// How many services.
        public var services = 1_000

        /// How many names of spans.
        public var names = 10_000

        /// How many keys of attributes.
        public var keys = 1_000

        /// How many values of a key are counted exactly.
        public var values = 1_000

        /// How many stretches of time; when there are more, each becomes twice as long.
        public var buckets = 600

        /// The limits that count unless they are set.
        public init() {}
    }

    private struct Kind: Hashable {
        var service: String
        var name: String
    }

    private struct NameTally {
        var amount = Volume.Amount()
        var inFlows = 0
        var critical = 0
    }

    private struct KeyTally {
        var amount = Volume.Amount()
        var values = DistinctValues()
    }

    private let limits: Limits
    private var total = Volume.Amount()
    private var services: [String: Volume.Amount] = [:]
    private var names: [Kind: NameTally] = [:]
    private var keys: [String: KeyTally] = [:]
    private var unlisted = Volume.Unlisted()
    private var buckets: TimeBuckets

    /// Nothing yet.
    ///
    /// - Parameters:
    ///   - bucketLength: How long the stretches of time are at first, from a nanosecond.
    ///   - limits: How much is kept apart.
    public init(bucketLength: Duration = .seconds(60), limits: Limits = Limits()) {
        self.limits = limits
        buckets = TimeBuckets(length: bucketLength, limit: limits.buckets)
    }

    /// Adds a span.
    public mutating func add(_ span: SpanData) {
        let amount = Volume.Amount(spans: 1, bytes: SpanSize.bytes(of: span))
        let service = span.resource.serviceName
        total.add(amount)
        if services[service] != nil || services.count < limits.services {
            services[service, default: Volume.Amount()].add(amount)
            buckets.add(amount, of: service, at: span.start)
        } else {
            unlisted.services.add(amount)
            buckets.add(amount, of: nil, at: span.start)
        }
        let kind = Kind(service: service, name: span.name)
        if names[kind] != nil || names.count < limits.names {
            names[kind, default: NameTally()].amount.add(amount)
        } else {
            unlisted.names.add(amount)
        }
        for attribute in span.attributes.elements { add(attribute) }
    }

    private mutating func add(_ attribute: Attributes.Element) {
        let amount = Volume.Amount(spans: 1, bytes: SpanSize.bytes(of: attribute))
        guard keys[attribute.key] != nil || keys.count < limits.keys else {
            unlisted.attributes.add(amount)
            return
        }
        keys[attribute.key, default: KeyTally()].amount.add(amount)
        keys[attribute.key]?.values.insert(attribute.value, limit: limits.values)
    }

    /// Notes which spans of a flow are on its critical path; its spans are added by themselves.
    ///
    /// - Parameters:
    ///   - flow: The flow.
    ///   - critical: The spans on its critical path.
    public mutating func note(_ flow: Flow, critical: Set<SpanReference>) {
        for span in flow.spans {
            let kind = Kind(service: span.resource.serviceName, name: span.name)
            guard names[kind] != nil || names.count < limits.names else { continue }
            names[kind, default: NameTally()].inFlows += 1
            if critical.contains(span.reference) { names[kind]?.critical += 1 }
        }
    }

    /// All that was added.
    public var volume: Volume {
        Volume(
            total: total,
            services: services.map { Volume.Service(name: $0, amount: $1) }.sorted {
                ($1.amount.bytes, $0.name) < ($0.amount.bytes, $1.name)
            },
            names: names.map { kind, tally in
                Volume.Name(
                    service: kind.service,
                    name: kind.name,
                    amount: tally.amount,
                    inFlows: tally.inFlows,
                    critical: tally.critical
                )
            }.sorted {
                ($1.amount.bytes, $0.service, $0.name) < ($0.amount.bytes, $1.service, $1.name)
            },
            attributes: keys.map { key, tally in
                Volume.Attribute(key: key, amount: tally.amount, values: tally.values.count(limit: limits.values))
            }.sorted { ($1.amount.bytes, $0.key) < ($0.amount.bytes, $1.key) },
            unlisted: unlisted,
            bucketLength: buckets.duration,
            buckets: buckets.all
        )
    }
}
