// SPDX-License-Identifier: Apache-2.0

/// Gathers attributes that somebody sent, each key once, in time that is proportional to their number.
///
/// Of a key that stands twice the last value counts.
package struct AttributeCollector {
    private var elements: [Attributes.Element] = []
    /// Which fingerprints have been seen, each by two of its bits: most keys need not be looked for.
    private var seen: (UInt64, UInt64) = (0, 0)
    /// Where the keys are, once there are too many to walk through.
    private var places: [String: Int]?

    private static let walked = 16

    /// Nothing yet.
    package init() {}

    /// Adds an attribute.
    ///
    /// - Parameters:
    ///   - key: Its name.
    ///   - fingerprint: A hash of the name: equal names have equal ones.
    ///   - value: Its value.
    ///   - expected: How many attributes are likely to come in all, this one included.
    package mutating func set(
        _ key: consuming String,
        fingerprint: UInt64,
        _ value: consuming AttributeValue,
        expected: Int = 8
    ) {
        let bits: (UInt64, UInt64) = (1 << (fingerprint >> 58), 1 << (fingerprint >> 52 & 63))
        if seen.0 & bits.0 != 0, seen.1 & bits.1 != 0, let place = place(of: copy key) {
            elements[place].value = value
            return
        }
        seen = (seen.0 | bits.0, seen.1 | bits.1)
        if elements.isEmpty { elements.reserveCapacity(min(expected, Self.walked)) }
        elements.append(Attributes.Element(key: key, value: value))
        if elements.count > Self.walked { remember() }
    }

    private func place(of key: String) -> Int? {
        if let places { return places[key] }
        let count = key.utf8.count
        return elements.firstIndex { $0.key.utf8.count == count && $0.key == key }
    }

    private mutating func remember() {
        var places = self.places.take() ?? [:]
        for place in places.count..<elements.count { places[elements[place].key] = place }
        self.places = places
    }

    /// What was gathered; the collector is empty then.
    package mutating func take() -> Attributes {
        let attributes = Attributes(distinct: elements)
        self = AttributeCollector()
        return attributes
    }
}
