// SPDX-License-Identifier: Apache-2.0

/// The strings that were read last, so that those which come again and again are made once.
struct StringTable: ~Copyable {
    private var table = InternTable<String>()

    /// The string of these bytes; what is no UTF-8 in them becomes U+FFFD.
    @inline(__always)
    mutating func string(_ bytes: UnsafeRawBufferPointer) -> String {
        string(bytes, fingerprint: Fingerprint.of(bytes))
    }

    /// The string of these bytes; what is no UTF-8 in them becomes U+FFFD.
    ///
    /// - Parameters:
    ///   - bytes: The bytes.
    ///   - fingerprint: Their hash.
    /// - Returns: The string, made anew only if it is not kept any more.
    @inline(__always)
    mutating func string(_ bytes: UnsafeRawBufferPointer, fingerprint: UInt64) -> String {
        if let place = table.place(bytes, fingerprint: fingerprint), let entry = table.entry(place) {
            return entry.pointee.made
        }
        let text = String(protobuf: bytes)
        _ = table.keep(text, of: bytes, fingerprint: fingerprint)
        return text
    }
}
