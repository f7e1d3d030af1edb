// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetryData

/// A 64-bit number, which OTLP's JSON writes as a string and some senders as a number.
struct OTLPNumber: Codable {
    var value: Int64

    init(_ value: Int64) {
        self.value = value
    }

    init(_ time: Timestamp) {
        value = Int64(bitPattern: time.nanoseconds)
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int64.self) {
            value = number
            return
        }
        let text = try container.decode(String.self)
        guard let number = Int64(text) ?? UInt64(text).map({ Int64(bitPattern: $0) }) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a 64-bit number")
        }
        value = number
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(String(value))
    }

    var timestamp: Timestamp { Timestamp(nanoseconds: UInt64(bitPattern: value)) }
}

/// An attribute.
struct OTLPKeyValue: Codable {
    var key: String
    var value: OTLPValue?
}

/// The value of an attribute: exactly one field is there.
struct OTLPValue: Codable {
    var stringValue: String?
    var boolValue: Bool?
    var intValue: OTLPNumber?
    var doubleValue: Double?
    var bytesValue: Data?
    var arrayValue: Values?

    struct Values: Codable {
        var values: [OTLPValue]?
    }

    init(_ value: AttributeValue) {
        switch value {
        case .string(let text): stringValue = text
        case .bool(let truth): boolValue = truth
        case .int(let number): intValue = OTLPNumber(number)
        case .double(let number): doubleValue = number
        case .bytes(let bytes): bytesValue = Data(bytes)
        case .array(let values): arrayValue = Values(values: values.map(OTLPValue.init))
        case .map: break
        }
    }

    var value: AttributeValue? {
        if let stringValue { return .string(stringValue) }
        if let boolValue { return .bool(boolValue) }
        if let intValue { return .int(intValue.value) }
        if let doubleValue { return .double(doubleValue) }
        if let bytesValue { return .bytes([UInt8](bytesValue)) }
        return arrayValue.map { .array(($0.values ?? []).compactMap(\.value)) }
    }
}

extension Attributes {
    init(_ keyValues: [OTLPKeyValue]?) {
        self.init()
        for keyValue in keyValues ?? [] { self[keyValue.key] = keyValue.value?.value }
    }

    var keyValues: [OTLPKeyValue]? {
        isEmpty ? nil : elements.map { OTLPKeyValue(key: $0.key, value: OTLPValue($0.value)) }
    }
}
