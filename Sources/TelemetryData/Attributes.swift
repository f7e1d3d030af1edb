// SPDX-License-Identifier: Apache-2.0

/// Attributes by key, in the order in which they were set first.
///
/// There are few on a span, so looking one up walks the list.
public struct Attributes: Sendable, Hashable {
    /// One attribute.
    public struct Element: Sendable, Hashable {
        /// The attribute's name.
        public let key: String

        /// The attribute's value.
        public var value: AttributeValue
    }

    /// The attributes, each key once.
    public private(set) var elements: [Element] = []

    /// No attributes.
    public init() {}

    /// Elements of which each has a key of its own, which the caller vouches for.
    init(distinct elements: [Element]) {
        self.elements = elements
    }

    /// The value of a key; setting `nil` removes it.
    public subscript(key: String) -> AttributeValue? {
        get { index(of: key).map { elements[$0].value } }
        set {
            let index = index(of: key)
            switch (index, newValue) {
            case (let index?, let value?): elements[index].value = value
            case (let index?, nil): elements.remove(at: index)
            case (nil, let value?):
                // One allocation for what a span usually has.
                if elements.isEmpty { elements.reserveCapacity(12) }
                elements.append(Element(key: key, value: value))
            case (nil, nil): break
            }
        }
    }

    /// Most names differ in their length, which is much quicker to see than that their letters differ.
    private func index(of key: String) -> Int? {
        let count = key.utf8.count
        return elements.firstIndex { $0.key.utf8.count == count && $0.key == key }
    }

    /// Sets an attribute from a Swift value; `nil` sets nothing.
    public mutating func set(_ key: String, _ value: (some AttributeConvertible)?) {
        if let value { self[key] = value.attributeValue }
    }

    /// Sets all of these; of a key that is there already the new value counts.
    public mutating func merge(_ others: Attributes) {
        for element in others.elements { self[element.key] = element.value }
    }

    /// How many there are.
    public var count: Int { elements.count }

    /// Whether there are none.
    public var isEmpty: Bool { elements.isEmpty }
}

extension Attributes: ExpressibleByDictionaryLiteral {
    /// Attributes as they are written; of a key that stands twice the last value counts.
    public init(dictionaryLiteral elements: (String, AttributeValue)...) {
        for (key, value) in elements { self[key] = value }
    }
}
