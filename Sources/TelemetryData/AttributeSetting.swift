// SPDX-License-Identifier: Apache-2.0

/// Takes attributes: ``Attributes`` that are kept, or an ``AttributeWriter`` that writes them at once.
///
/// For what fills either of them.
package protocol AttributeSetting: ~Copyable {
    /// The value of a key; setting `nil` removes it.
    subscript(key: String) -> AttributeValue? { get set }

    /// Sets an attribute from a Swift value; `nil` sets nothing.
    mutating func set(_ key: String, _ value: (some AttributeConvertible)?)
}

extension Attributes: AttributeSetting {}

extension AttributeWriter: AttributeSetting {}
