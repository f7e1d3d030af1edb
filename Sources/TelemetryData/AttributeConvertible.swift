// SPDX-License-Identifier: Apache-2.0

/// A Swift value that can be the value of an attribute.
public protocol AttributeConvertible: Sendable {
    /// The value as an attribute keeps it.
    var attributeValue: AttributeValue { get }
}

extension AttributeValue: AttributeConvertible {
    /// Itself.
    @inlinable public var attributeValue: AttributeValue { self }
}

extension String: AttributeConvertible {
    /// Text.
    @inlinable public var attributeValue: AttributeValue { .string(self) }
}

extension Bool: AttributeConvertible {
    /// Truth.
    @inlinable public var attributeValue: AttributeValue { .bool(self) }
}

extension Int: AttributeConvertible {
    /// A whole number.
    @inlinable public var attributeValue: AttributeValue { .int(Int64(self)) }
}

extension Int64: AttributeConvertible {
    /// A whole number.
    @inlinable public var attributeValue: AttributeValue { .int(self) }
}

extension Int32: AttributeConvertible {
    /// A whole number.
    @inlinable public var attributeValue: AttributeValue { .int(Int64(self)) }
}

extension Double: AttributeConvertible {
    /// A floating-point number.
    @inlinable public var attributeValue: AttributeValue { .double(self) }
}

extension Array: AttributeConvertible where Element: AttributeConvertible {
    /// Several values.
    @inlinable public var attributeValue: AttributeValue { .array(map(\.attributeValue)) }
}
