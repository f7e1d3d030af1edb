// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@Suite("Attributes that are added where they are missing")
struct MissingAttributesTests {
    /// One after the other, each looked up.
    private func slowly(_ attributes: Attributes, missingFrom others: Attributes) -> Attributes {
        var attributes = attributes
        for element in others.elements where attributes[element.key] == nil {
            attributes[element.key] = element.value
        }
        return attributes
    }

    /// Keys that are alike in what is compared of them, some in one length only.
    private static let letters = ["a", "b", "é", "e\u{301}", "e\u{323}\u{301}", "e\u{301}\u{323}", "日", ""]

    private func attributes(_ count: Int, _ generator: inout some RandomNumberGenerator) -> Attributes {
        var attributes = Attributes()
        for _ in 0..<count {
            let letters = (0..<3).map { _ in Self.letters.randomElement(using: &generator) ?? "" }
            attributes[letters.joined()] = .int(.random(in: 0...9, using: &generator))
        }
        return attributes
    }

    @Test("Few or many, the result and its order are those of looking each up")
    func same() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let (one, other) = (
                attributes(.random(in: 0...60, using: &generator), &generator),
                attributes(.random(in: 0...60, using: &generator), &generator)
            )
            var united = one
            united.add(missingFrom: other)
            #expect(united == slowly(one, missingFrom: other), "\(one) \(other)")
        }
    }
}
