// SPDX-License-Identifier: Apache-2.0

import Foundation

extension Duration {
    private static let units: [(name: String, seconds: Double)] = [
        ("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("μs", 1e-6), ("ms", 1e-3), ("min", 60), ("s", 1), ("m", 60),
        ("h", 3600), ("d", 86400), ("w", 604_800),
    ]

    /// Longer ones are not read: no span and no store is as old.
    private static let longest = 1e10

    /// A length of time as a person writes it: `500ms`, `1.5s`, `10m`, `2h`, `3d`; `nil` for anything else.
    init?(text: String) {
        guard let unit = Self.units.first(where: { text.hasSuffix($0.name) }) else { return nil }
        let digits = text.dropLast(unit.name.count)
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) || $0 == 46 }),
            let number = Double(digits), number * unit.seconds <= Self.longest
        else { return nil }
        self = .seconds(number * unit.seconds)
    }
}
