// SPDX-License-Identifier: Apache-2.0

/// Which of the attributes that a decoder gathers are those of one message.
struct AttributeRun {
    fileprivate let start: Int
    let owner: AttributeOwner
    /// Where the attribute before is known, and where the next is likely to be.
    var previous = -1, next: Int
    /// Which fingerprints have been seen, each by two of its bits: most keys need not be looked for.
    fileprivate var seen: (UInt64, UInt64) = (0, 0)
    fileprivate var mayRepeat = false
}

extension TelemetryDecoder {
    /// Begins the attributes of a message of this kind.
    @inline(__always)
    func beginAttributes(of owner: AttributeOwner = .other) -> AttributeRun {
        AttributeRun(start: attributes.count, owner: owner, next: expected[owner])
    }

    /// Adds an attribute to those of the message that was begun last.
    ///
    /// - Parameters:
    ///   - element: The attribute.
    ///   - fingerprint: A hash of its name: equal names have equal ones.
    ///   - run: The message's attributes.
    @inline(__always)
    mutating func add(
        _ element: consuming Attributes.Element,
        fingerprint: UInt64,
        to run: inout AttributeRun
    ) {
        let bits: (UInt64, UInt64) = (1 << (fingerprint >> 58), 1 << (fingerprint >> 52 & 63))
        if run.seen.0 & bits.0 != 0, run.seen.1 & bits.1 != 0 { run.mayRepeat = true }
        run.seen = (run.seen.0 | bits.0, run.seen.1 | bits.1)
        attributes.push(element)
    }

    /// Ends the attributes of a message; of a key that stands twice the last value counts.
    @inline(__always)
    mutating func end(_ run: AttributeRun) -> Attributes {
        if run.mayRepeat { attributes.edit(from: run.start, Self.unrepeated) }
        return Attributes(distinct: attributes.take(from: run.start))
    }

    /// Puts each key's last value where the key stood first, those to be kept first of all.
    @inline(never)
    private static func unrepeated(_ elements: UnsafeMutableBufferPointer<Attributes.Element>) -> Int {
        // Few are looked for one by one, many in time that is proportional to their number.
        var places: [String: Int]? = elements.count > 16 ? [:] : nil
        var kept = 0
        for index in elements.indices {
            let key = elements[index].key
            let length = key.utf8.count
            let known =
                if let places { places[key] } else {
                    elements[..<kept].firstIndex { $0.key.utf8.count == length && $0.key == key }
                }
            if let known {
                elements[known].value = elements[index].value
            } else {
                places?[key] = kept
                if kept < index { elements.swapAt(kept, index) }
                kept += 1
            }
        }
        return kept
    }
}
