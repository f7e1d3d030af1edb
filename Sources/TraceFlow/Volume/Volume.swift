// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

/// How much there is of what: what tracing costs, and what of it is noise.
///
/// Bytes are those of spans as OTLP's protobuf has them, without their resource; of attributes those of key and value.
public struct Volume: Sendable, Hashable {
    /// So many spans, and their bytes.
    public struct Amount: Sendable, Hashable {
        /// Spans; of an attribute, how many have it.
        public var spans = 0

        /// Bytes.
        public var bytes = 0

        /// Nothing.
        public init() {}

        init(spans: Int, bytes: Int) {
            self.spans = spans
            self.bytes = bytes
        }

        mutating func add(_ other: Amount) {
            spans = spans.addingSaturated(other.spans)
            bytes = bytes.addingSaturated(other.bytes)
        }
    }

    /// What a service made.
    public struct Service: Sendable, Hashable {
        /// The service.
        public let name: String

        /// How much.
        public let amount: Amount
    }

    /// What spans of one name of a service make up.
    public struct Name: Sendable, Hashable {
        /// The service.
        public let service: String

        /// The name of the spans.
        public let name: String

        /// How much.
        public let amount: Amount

        /// How many of them were seen in flows.
        public let inFlows: Int

        /// How many of them were on the critical path of a flow.
        public let critical: Int
    }

    /// What an attribute of spans makes up.
    public struct Attribute: Sendable, Hashable {
        /// Its key.
        public let key: String

        /// How many spans have it, and its bytes on them.
        public let amount: Amount

        /// How many values it has.
        public let values: DistinctCount
    }

    /// What began in a stretch of time.
    public struct Bucket: Sendable, Hashable {
        /// When the stretch begins.
        public let start: Timestamp

        /// How much of all services.
        public let amount: Amount

        /// How much of each service, by name.
        public let services: [String: Amount]
    }

    /// What is kept apart no more.
    public struct Unlisted: Sendable, Hashable {
        /// Of further services.
        public internal(set) var services = Amount()

        /// Of further names.
        public internal(set) var names = Amount()

        /// Of further keys of attributes.
        public internal(set) var attributes = Amount()
    }

    /// All.
    public let total: Amount

    /// By service; the most bytes first.
    public let services: [Service]

    /// By service and name; the most bytes first.
    public let names: [Name]

    /// By key of attribute; the most bytes first.
    public let attributes: [Attribute]

    /// What is in none of the lists, since there were too many services, names or keys.
    public let unlisted: Unlisted

    /// How long each stretch of time is.
    public let bucketLength: Duration

    /// The stretches in which anything began, in order.
    public let buckets: [Bucket]

    /// The names that were seen in flows and never on a critical path; the most bytes first.
    public var neverCritical: [Name] { names.filter { $0.inFlows > 0 && $0.critical == 0 } }

    /// How many times as many spans began in the later half of the stretches as in the earlier; `nil` if there is but one.
    public var growth: Double? {
        let half = buckets.count / 2
        let earlier = buckets.prefix(half).reduce(0) { $0.addingSaturated($1.amount.spans) }
        let later = buckets.suffix(half).reduce(0) { $0.addingSaturated($1.amount.spans) }
        return earlier == 0 ? nil : Double(later) / Double(earlier)
    }
}
