// SPDX-License-Identifier: Apache-2.0

/// Attributes that many spans begin with, written once and copied from then on.
package struct PreparedAttributes: Sendable {
    fileprivate let attributes: Attributes
    fileprivate let bytes: [UInt8]
    fileprivate let sets: UInt64

    /// Prepares attributes.
    package init(_ attributes: Attributes) {
        self.attributes = attributes
        var writer = AttributeWriter()
        writer.merge(attributes)
        bytes = writer.writer.bytes
        sets = writer.sets
    }
}

extension AttributeWriter {
    /// Sets all of these; quick where nothing has been set before, and no limit is near.
    package mutating func merge(_ prepared: borrowing PreparedAttributes) {
        let count = Int32(clamping: prepared.attributes.count)
        guard sets & prepared.sets == 0, valueLimit == .max, limit - kept >= count else {
            merge(prepared.attributes)
            return
        }
        sets |= prepared.sets
        kept &+= count
        prepared.bytes.withUnsafeBytes { writer.buffer.append($0) }
    }
}
