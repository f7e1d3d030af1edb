// SPDX-License-Identifier: Apache-2.0

import Foundation

/// `traceparent` read and written without a thought for speed.
///
/// It is what the parser of `TraceContext` is compared with, and takes and refuses the same fields of version 00.
struct NaiveTraceParent {
    let traceID: String
    let spanID: String
    let flags: UInt8

    init?(_ field: String) {
        let parts = field.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, parts[0] == "00",
            Self.isID(parts[1], digits: 32), Self.isID(parts[2], digits: 16), Self.isHexadecimal(parts[3], digits: 2),
            let flags = UInt8(parts[3], radix: 16)
        else { return nil }
        traceID = parts[1]
        spanID = parts[2]
        self.flags = flags & 3
    }

    private static func isHexadecimal(_ text: String, digits: Int) -> Bool {
        text.count == digits && text.allSatisfy { "0123456789abcdef".contains($0) }
    }

    private static func isID(_ text: String, digits: Int) -> Bool {
        isHexadecimal(text, digits: digits) && text.contains { $0 != "0" }
    }

    /// The field from the numbers that a tracer holds.
    static func format(high: UInt64, low: UInt64, span: UInt64, flags: UInt8) -> String {
        String(format: "00-%016lx%016lx-%016lx-%02x", UInt(high), UInt(low), UInt(span), Int(flags))
    }
}
