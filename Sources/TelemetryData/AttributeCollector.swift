// SPDX-License-Identifier: Apache-2.0

/// Gathers attributes that somebody sent, each key once, in time that is proportional to their number.
///
/// Of a key that stands twice the last value counts.
package struct AttributeCollector {
    private var elements: [Attributes.Element] = []
    /// Which fingerprints have been seen, by their top six bits: most keys need not be looked for.
    private var seen: UInt64 = 0
    /// Where the keys are, once there are too many to walk through.
    private var places: [String: Int] = [:]

    private static let walked = 16

    /// Nothing yet.
    package init() {}

    /// Adds an attribute.
    ///
    /// - Parameters:
    ///   - key: Its name.
    ///   - fingerprint: A hash of the name: equal names have equal ones.
    ///   - value: Its value.
    package mutating func set(_ key: String, fingerprint: UInt64, _ value: AttributeValue) {
        let bit: UInt64 = 1 << (fingerprint >> 58)
        if seen & bit != 0, let place = place(of: key) {
            elements[place].value = value
            return
        }
        seen |= bit
        if elements.isEmpty { elements.reserveCapacity(8) }
        elements.append(Attributes.Element(key: key, value: value))
        if elements.count > Self.walked { remember() }
    }

    private func place(of key: String) -> Int? {
        elements.count > Self.walked ? places[key] : elements.firstIndex { $0.key == key }
    }

    private mutating func remember() {
        for place in places.count..<elements.count { places[elements[place].key] = place }
    }

    /// What was gathered.
    package var attributes: Attributes { Attributes(distinct: elements) }
}
