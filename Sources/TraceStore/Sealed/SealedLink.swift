// SPDX-License-Identifier: Apache-2.0

/// A link, found from the trace that it leads to.
struct SealedLink {
    /// The row that has it.
    var row: Int
    /// Whether it joins flows.
    var joins: Bool
    /// The row that it leads to; `nil` where that is in another file, or only the row's block knows.
    var target: Int?

    /// What a file says of where a link of a row leads to: 0 if it isn't known, else one more than how far it is, of which
    /// the lowest bit says in which direction.
    static func code(from row: Int, to target: Int) -> UInt64 {
        let distance = row - target
        return 1 + UInt64(distance >= 0 ? distance * 2 : -distance * 2 - 1)
    }

    /// A link as a file has it; `nil` if it leads out of the file's rows.
    init?(_ value: UInt32, code: UInt64, rowCount: Int) {
        row = Int(value >> 1)
        joins = value & 1 != 0
        guard row < rowCount, code <= UInt64(rowCount) * 2 else { return nil }
        guard code > 0 else { return }
        let number = Int(code - 1)
        let target = row - (number & 1 == 0 ? number / 2 : -(number + 1) / 2)
        guard target >= 0, target < rowCount else { return nil }
        self.target = target
    }
}
