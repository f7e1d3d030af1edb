// SPDX-License-Identifier: Apache-2.0

import Foundation

extension Duration {
    /// Units of time, in nanoseconds; one whose name ends like another's comes before that.
    private static let units: [(name: String, nanoseconds: UInt64)] = [
        ("ns", 1), ("us", 1_000), ("µs", 1_000), ("μs", 1_000), ("ms", 1_000_000), ("min", 60_000_000_000),
        ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000), ("d", 86_400_000_000_000),
        ("w", 604_800_000_000_000),
    ]

    /// Longer ones are not read: no span and no store is as old.
    private static let longest: UInt64 = 10_000_000_000_000_000_000
    /// How many digits there may be behind the point.
    private static let mostDigits = 18

    /// A length of time as a person writes it: `500ms`, `1.5s`, `10m`, `2h`, `3d`; `nil` for anything else.
    ///
    /// It is read to the nanosecond; what is less than one is left out.
    init?(text: String) {
        guard let unit = Self.units.first(where: { text.hasSuffix($0.name) }) else { return nil }
        let parts = text.dropLast(unit.name.count).split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.contains(where: { !$0.isEmpty }),
            parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let whole = parts[0].isEmpty ? 0 : UInt64(parts[0])
        else { return nil }
        let (wholes, overflow) = whole.multipliedReportingOverflow(by: unit.nanoseconds)
        let rest = parts.count == 2 ? Self.part(parts[1], of: unit.nanoseconds) : 0
        guard !overflow, wholes <= Self.longest - rest else { return nil }
        let (seconds, nanoseconds) = (wholes + rest).quotientAndRemainder(dividingBy: 1_000_000_000)
        self = .seconds(Int64(seconds)) + .nanoseconds(Int64(nanoseconds))
    }

    /// The part of a unit that digits behind the point say.
    private static func part(_ digits: Substring, of unit: UInt64) -> UInt64 {
        var (numerator, denominator): (UInt64, UInt64) = (0, 1)
        for digit in digits.utf8.prefix(mostDigits) {
            numerator = numerator * 10 + UInt64(digit - 48)
            denominator *= 10
        }
        return denominator.dividingFullWidth(numerator.multipliedFullWidth(by: unit)).quotient
    }

    /// Its seconds as the number that is written so.
    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return (Double(seconds) * 1e9 + Double(attoseconds / 1_000_000_000)) / 1e9
    }
}
