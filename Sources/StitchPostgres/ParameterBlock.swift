// SPDX-License-Identifier: Apache-2.0

/// Memory in which the parameters of a statement are packed for the call that sends them; used again and again.
struct ParameterBlock {
    /// What is larger is given back after its use.
    private static let largestKept = 1 << 20

    private var block: [UInt8] = []
    private var offsets: [Int] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []
    private var types: [UInt32] = []

    /// Packs the parameters of a statement: in binary form where the server has told which types it expects, else as
    /// text, and bytes as `bytea`.
    mutating func pack(_ list: ParameterList, expected: [UInt32]?) {
        if block.capacity > Self.largestKept { block = [] }
        block.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        formats.removeAll(keepingCapacity: true)
        types.removeAll(keepingCapacity: true)
        for (index, value) in list.values.enumerated() { append(value, expected: expected?[index]) }
    }

    private mutating func append(_ value: PostgresValue.Content, expected: UInt32?) {
        var declared: UInt32 = 0
        if case .bytes = value { declared = PostgresType.bytea }
        types.append(declared)
        let start = block.count
        let target = expected ?? declared
        if target != 0, value.appendBinaryForm(as: target, to: &block) {
            formats.append(1)
        } else {
            formats.append(0)
            guard let text = value.textForm else {
                offsets.append(-1)
                lengths.append(0)
                return
            }
            block.append(contentsOf: text.utf8)
        }
        offsets.append(start)
        lengths.append(Int32(clamping: block.count - start))
        block.append(0)  // libpq reads text parameters up to their NUL.
    }

    /// Lends the arrays that libpq's functions take, for the time of `body`; libpq copies what it needs.
    func withPointers<Value>(
        _ body: (
            _ types: UnsafePointer<UInt32>?, _ values: UnsafePointer<UnsafePointer<CChar>?>?,
            _ lengths: UnsafePointer<Int32>?, _ formats: UnsafePointer<Int32>?
        ) -> Value
    ) -> Value {
        block.withUnsafeBytes { bytes in
            let base = bytes.assumingMemoryBound(to: CChar.self).baseAddress
            return withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: offsets.count) { values in
                for (index, offset) in offsets.enumerated() {
                    values.initializeElement(at: index, to: offset < 0 ? nil : base?.advanced(by: offset))
                }
                return types.withUnsafeBufferPointer { types in
                    lengths.withUnsafeBufferPointer { lengths in
                        formats.withUnsafeBufferPointer { formats in
                            body(
                                types.baseAddress,
                                UnsafePointer(values.baseAddress),
                                lengths.baseAddress,
                                formats.baseAddress
                            )
                        }
                    }
                }
            }
        }
    }
}
