// SPDX-License-Identifier: Apache-2.0

/// The flags of a trace context (W3C Trace Context Level 2, `trace-flags`).
public struct TraceFlags: OptionSet, Hashable, Sendable {
    /// The flags as they travel.
    public let rawValue: UInt8

    /// The flags of these bits, unknown ones included.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The caller may have recorded its span.
    public static var sampled: TraceFlags { TraceFlags(rawValue: 1) }

    /// The right-most seven bytes of the trace id are random.
    public static var random: TraceFlags { TraceFlags(rawValue: 2) }

    /// The flags that Level 2 of the specification defines; all others are zero on output.
    public static var known: TraceFlags { TraceFlags(rawValue: 3) }
}
