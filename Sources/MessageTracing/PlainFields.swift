// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext

/// The fields of a message that carries no more than its trace and when its flow began.
enum PlainFields {
    /// Hands them out, as names and bytes that must not be kept.
    ///
    /// - Parameters:
    ///   - parent: Whose work on the message will be a part.
    ///   - origin: When the flow began; `nil` where nobody is to know.
    ///   - write: Takes a field.
    @inline(__always)
    static func write(
        _ parent: TraceParent,
        origin: Timestamp?,
        _ write: (StaticString, UnsafeRawBufferPointer) -> Void
    ) {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { bytes in
            let count = parent.write(to: bytes.bindMemory(to: UInt8.self))
            write("traceparent", UnsafeRawBufferPointer(rebasing: bytes[..<count]))
            guard let origin else { return }
            write("stitch", UnsafeRawBufferPointer(rebasing: bytes[OriginText.write(origin, to: bytes)]))
        }
    }
}
