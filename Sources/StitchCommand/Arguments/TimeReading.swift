// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetryData

extension Timestamp {
    /// A moment of RFC 3339 (`2026-11-28T14:30:00.5Z`, `2026-11-28 15:30:00+01:00`) from 1970 on; `nil` for anything else.
    init?(text: String) {
        var rest = Array(text.utf8)[...]
        guard let year = Self.number(&rest, digits: 4), Self.take(&rest, "-"),
            let month = Self.number(&rest, digits: 2, in: 1...12), Self.take(&rest, "-"),
            let day = Self.number(&rest, digits: 2, in: 1...31), Self.take(&rest, "Tt "),
            let hour = Self.number(&rest, digits: 2, in: 0...23), Self.take(&rest, ":"),
            let minute = Self.number(&rest, digits: 2, in: 0...59), Self.take(&rest, ":"),
            let second = Self.number(&rest, digits: 2, in: 0...60),
            let fraction = Self.fraction(&rest), let offset = Self.offset(&rest), rest.isEmpty
        else { return nil }
        var parts = tm()
        parts.tm_year = Int32(year - 1900)
        parts.tm_mon = Int32(month - 1)
        parts.tm_mday = Int32(day)
        parts.tm_hour = Int32(hour)
        parts.tm_min = Int32(minute)
        parts.tm_sec = Int32(second)
        let seconds = timegm(&parts) - offset
        // A day that its month doesn't have has become one of the next.
        guard parts.tm_mday == Int32(day) || second == 60, seconds >= 0 else { return nil }
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow, whole <= .max - fraction else { return nil }
        self.init(nanoseconds: whole + fraction)
    }

    private static func take(_ text: inout ArraySlice<UInt8>, _ choices: String) -> Bool {
        guard let first = text.first, choices.utf8.contains(first) else { return false }
        text.removeFirst()
        return true
    }

    private static func number(
        _ text: inout ArraySlice<UInt8>,
        digits: Int,
        in range: ClosedRange<Int> = 0...9999
    ) -> Int? {
        let part = text.prefix(digits)
        guard part.count == digits, part.allSatisfy({ (48...57).contains($0) }) else { return nil }
        text = text.dropFirst(digits)
        let number = part.reduce(0) { $0 * 10 + Int($1 - 48) }
        return range.contains(number) ? number : nil
    }

    private static func fraction(_ text: inout ArraySlice<UInt8>) -> UInt64? {
        guard take(&text, ".") else { return 0 }
        let digits = text.prefix { (48...57).contains($0) }
        guard (1...9).contains(digits.count) else { return nil }
        text = text.dropFirst(digits.count)
        return (0..<9).reduce(0) { sum, place in
            sum * 10 + (place < digits.count ? UInt64(digits[digits.startIndex + place] - 48) : 0)
        }
    }

    private static func offset(_ text: inout ArraySlice<UInt8>) -> Int? {
        if take(&text, "Zz") { return 0 }
        let sign = text.first == UInt8(ascii: "-") ? -1 : 1
        guard take(&text, "+-"), let hours = number(&text, digits: 2, in: 0...23), take(&text, ":"),
            let minutes = number(&text, digits: 2, in: 0...59)
        else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }
}
