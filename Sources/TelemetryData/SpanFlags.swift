// SPDX-License-Identifier: Apache-2.0

package import TraceContext

/// The 32 flag bits of OTLP's spans and links: those of W3C, and whether the parent or the target is remote.
package struct SpanFlags {
    /// All bits.
    package var bits: UInt32

    private static let hasIsRemote: UInt32 = 0x100
    private static let isRemoteBit: UInt32 = 0x200

    /// Flags as somebody sent them.
    package init(bits: UInt32) {
        self.bits = bits
    }

    /// Flags of a span or a link.
    package init(_ flags: TraceFlags, isRemote: Bool?) {
        bits = UInt32(flags.rawValue)
        if let isRemote { bits |= isRemote ? Self.hasIsRemote | Self.isRemoteBit : Self.hasIsRemote }
    }

    /// Those of W3C.
    package var traceFlags: TraceFlags { TraceFlags(rawValue: UInt8(truncatingIfNeeded: bits)) }

    /// Whether the parent or the target is remote; `nil` where nobody said.
    package var isRemote: Bool? { bits & Self.hasIsRemote == 0 ? nil : bits & Self.isRemoteBit != 0 }
}
