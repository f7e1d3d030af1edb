// SPDX-License-Identifier: Apache-2.0

/// A name and attributes that many spans begin with, written once and copied from then on.
///
/// A class, so that whoever has many of them hands out one with a single reference.
///
/// `@unchecked Sendable`: its bytes, which it owns and frees at its end, never change.
@usableFromInline
package final class PreparedAttributes: @unchecked Sendable {
    fileprivate let attributes: Attributes
    @usableFromInline let bytes: UnsafeRawBufferPointer
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
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: writer.writer.bytes.count, alignment: 16)
        copy.copyBytes(from: writer.writer.bytes)
        bytes = UnsafeRawBufferPointer(copy)
        sets = writer.sets
        count = attributes.count
        byteCount = bytes.count
    }

    deinit { bytes.deallocate() }
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
                writer.buffer.append(.init(rebasing: prepared.bytes[..<prepared.nameCount]))
            }
            merge(prepared.attributes)
            return
        }
        sets |= prepared.sets
        kept &+= count
        let skipped = withName ? 0 : prepared.nameCount
        writer.buffer.append(.init(rebasing: prepared.bytes[skipped...]))
    }
}

extension OutputBuffer.Place {
    /// Writes the name and the attributes.
    @inlinable
    @inline(__always)
    package mutating func put(_ prepared: PreparedAttributes) {
        put(prepared.bytes.baseAddress, prepared.bytes.count)
    }
}
