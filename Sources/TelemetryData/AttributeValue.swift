// SPDX-License-Identifier: Apache-2.0

/// The value of an attribute (OpenTelemetry common concepts, `AnyValue`).
public enum AttributeValue: Sendable, Hashable {
    /// Text.
    case string(String)
    /// Truth.
    case bool(Bool)
    /// A whole number.
    case int(Int64)
    /// A floating-point number.
    case double(Double)
    /// Bytes.
    case bytes([UInt8])
    /// Several values.
    case array([AttributeValue])
    /// Values by name.
    case map(Attributes)
    /// Nothing: the empty value, which others may send; to leave an attribute out it is not set.
    case null

    /// The text, if it is text.
    public var stringValue: String? { if case .string(let value) = self { value } else { nil } }

    /// The whole number, if it is one.
    public var intValue: Int64? { if case .int(let value) = self { value } else { nil } }

    /// The floating-point number, if it is one.
    public var doubleValue: Double? { if case .double(let value) = self { value } else { nil } }

    /// The truth value, if it is one.
    public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
}

extension AttributeValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    /// Text.
    @inlinable
    public init(stringLiteral value: String) { self = .string(value) }
}

extension AttributeValue: ExpressibleByIntegerLiteral {
    /// A whole number.
    @inlinable
    public init(integerLiteral value: Int64) { self = .int(value) }
}

extension AttributeValue: ExpressibleByFloatLiteral {
    /// A floating-point number.
    @inlinable
    public init(floatLiteral value: Double) { self = .double(value) }
}

extension AttributeValue: ExpressibleByBooleanLiteral {
    /// Truth.
    @inlinable
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension AttributeValue: CustomStringConvertible {
    /// The value as a person reads it.
    public var description: String {
        switch self {
        case .string(let value): value
        case .bool(let value): value.description
        case .int(let value): value.description
        case .double(let value): value.description
        case .bytes(let value): "\(value.count) bytes"
        case .array(let values): "[\(values.map(\.description).joined(separator: ", "))]"
        case .map(let values):
            "{\(values.elements.map { "\($0.key): \($0.value)" }.joined(separator: ", "))}"
        case .null: "null"
        }
    }
}
