// SPDX-License-Identifier: Apache-2.0

#if DistributedTracingSupport
import TelemetryAPI
import TraceContext
import Tracing

// The values of the two models, one made from the other.

extension TelemetryData.SpanKind {
    init(_ kind: Tracing.SpanKind) {
        self =
            switch kind {
            case .server: .server
            case .client: .client
            case .producer: .producer
            case .consumer: .consumer
            case .internal: .internal
            }
    }
}

extension Tracing.SpanKind {
    init(_ kind: TelemetryData.SpanKind) {
        self =
            switch kind {
            case .server: .server
            case .client: .client
            case .producer: .producer
            case .consumer: .consumer
            case .internal: .internal
            }
    }
}

extension Timestamp {
    init(_ instant: some TracerInstant) { self.init(nanoseconds: instant.nanosecondsSinceEpoch) }
}

/// A moment of Stitch's clock.
struct StitchInstant: TracerInstant {
    let nanosecondsSinceEpoch: UInt64

    init(_ time: Timestamp) { nanosecondsSinceEpoch = time.nanoseconds }

    static func < (a: Self, b: Self) -> Bool { a.nanosecondsSinceEpoch < b.nanosecondsSinceEpoch }
}

extension Attributes {
    init(_ attributes: Tracing.SpanAttributes) {
        self.init()
        attributes.forEach { key, value in self[key] = AttributeValue(value) }
    }
}

extension AttributeValue {
    /// The value, or nothing for a kind that came later.
    init?(_ attribute: Tracing.SpanAttribute) {
        switch attribute {
        case .int32(let value): self = .int(Int64(value))
        case .int64(let value): self = .int(value)
        case .int32Array(let values): self = .array(values.map { .int(Int64($0)) })
        case .int64Array(let values): self = .array(values.map { .int($0) })
        case .double(let value): self = .double(value)
        case .doubleArray(let values): self = .array(values.map { .double($0) })
        case .bool(let value): self = .bool(value)
        case .boolArray(let values): self = .array(values.map { .bool($0) })
        case .string(let value): self = .string(value)
        case .stringArray(let values): self = .array(values.map { .string($0) })
        case .stringConvertible(let value): self = .string(value.description)
        case .stringConvertibleArray(let values): self = .array(values.map { .string($0.description) })
        default: return nil
        }
    }
}

extension Tracing.SpanAttributes {
    init(_ attributes: Attributes) {
        self.init([:])
        for element in attributes.elements { set(element.key, value: Tracing.SpanAttribute(element.value)) }
    }
}

extension Tracing.SpanAttribute {
    /// The value; bytes, maps, null and arrays of values of several kinds as text, since the other side has none of them.
    init(_ value: AttributeValue) {
        switch value {
        case .string(let value): self = .string(value)
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int64(value)
        case .double(let value): self = .double(value)
        case .bytes(let bytes): self = .string(bytes.map(Self.hexadecimal).joined())
        case .map, .null: self = .string(value.description)
        case .array(let values):
            if let values = Self.all(values, \.stringValue) {
                self = .stringArray(values)
            } else if let values = Self.all(values, \.intValue) {
                self = .int64Array(values)
            } else if let values = Self.all(values, \.doubleValue) {
                self = .doubleArray(values)
            } else if let values = Self.all(values, \.boolValue) {
                self = .boolArray(values)
            } else {
                self = .stringArray(values.map(\.description))
            }
        }
    }

    private static func all<Value>(_ values: [AttributeValue], _ part: (AttributeValue) -> Value?) -> [Value]? {
        let parts = values.compactMap(part)
        return parts.count == values.count ? parts : nil
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}

extension ContextCarrier {
    /// Lets an instrument write into a carrier.
    struct Writer: Injector {
        func inject(_ value: String, forKey key: String, into carrier: inout ContextCarrier) { carrier[key] = value }
    }

    /// Lets an instrument read a carrier.
    struct Reader: Extractor {
        func extract(key: String, from carrier: ContextCarrier) -> String? { carrier[key] }
    }
}
#endif
