// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetryData

extension Timestamp {
    /// Day and time to the millisecond where the user is: `2026-11-28 14:30:00.123`.
    var localText: String {
        var seconds = time_t(clamping: nanoseconds / 1_000_000_000)
        var parts = tm()
        guard localtime_r(&seconds, &parts) != nil else { return "?" }
        return Self.text(parts, separator: " ") + String(format: ".%03d", Int(nanoseconds / 1_000_000 % 1000))
    }

    /// RFC 3339 in UTC, to the nanosecond: `2026-11-28T13:30:00.123456789Z`.
    var rfc3339: String {
        var seconds = time_t(clamping: nanoseconds / 1_000_000_000)
        var parts = tm()
        guard gmtime_r(&seconds, &parts) != nil else { return "?" }
        return Self.text(parts, separator: "T") + String(format: ".%09dZ", Int(nanoseconds % 1_000_000_000))
    }

    private static func text(_ parts: tm, separator: String) -> String {
        String(
            format: "%04d-%02d-%02d\(separator)%02d:%02d:%02d",
            Int(parts.tm_year) + 1900,
            Int(parts.tm_mon) + 1,
            Int(parts.tm_mday),
            Int(parts.tm_hour),
            Int(parts.tm_min),
            Int(parts.tm_sec)
        )
    }
}
