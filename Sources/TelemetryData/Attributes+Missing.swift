// SPDX-License-Identifier: Apache-2.0

extension Attributes {
    /// So few that looking one up is quicker by walking them than by making a table first.
    private static let fewest = 16

    /// Adds those of which no key is there yet, in their order.
    ///
    /// It takes time in proportion to how many there are of both.
    package mutating func add(missingFrom others: Attributes) {
        guard count > Self.fewest || others.count > Self.fewest else {
            for element in others.elements where self[element.key] == nil { self[element.key] = element.value }
            return
        }
        var known = Set(elements.map { KnownKey($0.key) })
        self = Attributes(distinct: elements + others.elements.filter { known.insert(KnownKey($0.key)).inserted })
    }

    /// Keys are the same if they have as many bytes and are the same text.
    private struct KnownKey: Hashable {
        let count: Int
        let text: String

        init(_ text: String) {
            count = text.utf8.count
            self.text = text
        }
    }
}
