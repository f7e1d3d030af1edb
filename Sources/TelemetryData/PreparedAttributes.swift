// SPDX-License-Identifier: Apache-2.0

/// A name and attributes that many spans begin with, written once and copied from then on.
///
/// A class, so that whoever has many of them hands out one with a single reference.
@usableFromInline
package final class PreparedAttributes: Sendable {
    fileprivate let attributes: Attributes
    @usableFromInline let bytes: [UInt8]
    fileprivate let nameCount: Int
    fileprivate let sets: UInt64

    /// How many attributes there are.
    package let count: Int

    /// How many bytes the name and the attributes have.
    package let byteCount: Int

    /// Prepares a name and attributes.
    package init(_ attributes: Attributes, name: String) {
        self.attributes = attributes
        var writer = AttributeWriter()
        if !name.isEmpty { writer.writer.write(string: name, field: 5) }
        nameCount = writer.writer.buffer.count
        writer.merge(attributes)
        bytes = writer.writer.bytes
        sets = writer.sets
        count = attributes.count
        byteCount = bytes.count
    }
}

extension AttributeWriter {
    /// Sets all of these; quick where nothing has been set before, and no limit is near.
    ///
    /// - Parameters:
    ///   - prepared: The attributes.
    ///   - withName: Whether the name is written too, which must not have been before.
    package mutating func merge(_ prepared: PreparedAttributes, withName: Bool = false) {
        let count = Int32(clamping: prepared.count)
        guard sets & prepared.sets == 0, valueLimit == .max, limit - kept >= count else {
            if withName {
                prepared.bytes.withUnsafeBytes { writer.buffer.append(.init(rebasing: $0[..<prepared.nameCount])) }
            }
            merge(prepared.attributes)
            return
        }
        sets |= prepared.sets
        kept &+= count
        let skipped = withName ? 0 : prepared.nameCount
        prepared.bytes.withUnsafeBytes { writer.buffer.append(.init(rebasing: $0[skipped...])) }
    }
}

extension OutputBuffer.Place {
    /// Writes the name and the attributes.
    @inlinable
    @inline(__always)
    package mutating func put(_ prepared: PreparedAttributes) {
        prepared.bytes.withUnsafeBytes { put($0.baseAddress, $0.count) }
    }
}
