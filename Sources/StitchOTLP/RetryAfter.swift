// SPDX-License-Identifier: Apache-2.0

/// How long a server wants to be left alone: the field `Retry-After` (RFC 9110, section 10.2.3).
enum RetryAfter: Hashable {
    /// For so many seconds.
    case seconds(Int64)
    /// Until a moment, in seconds since 1970-01-01 UTC.
    case date(Int64)

    /// `nil` for what is neither a number of seconds nor one of HTTP's three forms of dates.
    init?(_ text: String) {
        let text = text.drop { $0 == " " || $0 == "\t" }
        guard text.utf8.count <= 64, let last = text.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return nil }
        let trimmed = text[...last]
        if trimmed.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            self = .seconds(min(Int64(trimmed) ?? Self.longest, Self.longest))
        } else if let moment = Self.moment(trimmed) {
            self = .date(moment)
        } else {
            return nil
        }
    }

    /// How long that is from `now`, in seconds since 1970-01-01 UTC; never negative.
    func delay(now: Int64) -> Duration {
        switch self {
        case .seconds(let seconds): .seconds(seconds)
        case .date(let moment): .seconds(min(max(0, moment - now), Self.longest))
        }
    }

    /// A century: far above any deadline, far below what overflows.
    private static let longest: Int64 = 3_155_760_000

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or `Sun Nov  6 08:49:37 1994`.
    private static func moment(_ text: Substring) -> Int64? {
        let words = text.split { $0 == " " || $0 == "," || $0 == "-" }
        let (day, month, year, time): (Substring, Substring, Substring, Substring)
        if words.count == 6, words[5] == "GMT" {
            (day, month, year, time) = (words[1], words[2], words[3], words[4])
        } else if words.count == 5 {
            (day, month, year, time) = (words[2], words[1], words[4], words[3])
        } else {
            return nil
        }
        guard
            let day = number(day, 1...31), let month = months.firstIndex(of: String(month)),
            var year = number(year, 0...9999)
        else { return nil }
        // Two digits mean the nearest such year, at most fifty years ahead of the time of writing.
        if words[3].count == 2, words.count == 6 { year += year < 77 ? 2000 : 1900 }
        let clock = time.split(separator: ":", omittingEmptySubsequences: false)
        guard
            clock.count == 3, let hour = number(clock[0], 0...23), let minute = number(clock[1], 0...59),
            let second = number(clock[2], 0...60)
        else { return nil }
        return days(year, Int64(month) + 1, day) * 86_400 + hour * 3_600 + minute * 60 + second
    }

    private static func number(_ text: Substring, _ range: ClosedRange<Int64>) -> Int64? {
        Int64(text).flatMap { range.contains($0) ? $0 : nil }
    }

    /// Days since 1970-01-01 in the Gregorian calendar, in years that begin with March.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
