// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// What a search by attributes asks of the spans of a file, by their shapes: so that few of them are put together.
struct AttributeTests {
    /// A condition.
    struct Condition {
        /// The hash of its key, to be gone on with.
        var key: AttributeHash
        /// The hash that what meets it has.
        var hash: UInt32
    }

    /// A value that decides.
    struct Value {
        /// Which of the span's values.
        var slot: Int
        var type: ColumnType
    }

    /// What is known of the spans of a shape.
    enum Verdict {
        /// None meets all conditions.
        case never
        /// They have to be looked at.
        case open
        /// One of the values has to meet each condition.
        case values([(condition: Condition, values: [Value])])
    }

    /// By shape.
    var verdicts: [Verdict]
    /// For each class, whether its spans may meet all conditions.
    var classes: [Bool]
}

extension SpanBlock {
    /// Whether a row may meet conditions; by hashes, so that it has to be looked at still.
    func mayMatch(_ row: Int, _ tests: AttributeTests) -> Bool {
        switch tests.verdicts[Int(shapes[row])] {
        case .never: return false
        case .open: return true
        case .values(let conditions):
            let slots = values.slots(row)
            return conditions.allSatisfy { condition, values in
                values.contains { value in
                    let range = self.values.values[Int(slots[slots.startIndex + value.slot])]
                    return condition.mayMatch(text, range, value.type)
                }
            }
        }
    }
}

extension AttributeTests.Condition {
    fileprivate func mayMatch(_ text: [UInt8], _ range: ByteRange, _ type: ColumnType) -> Bool {
        text.withUnsafeBytes { text in
            let bytes = UnsafeRawBufferPointer(rebasing: text[range.start..<range.end])
            var reader = ByteReader(bytes)
            switch type {
            case .string: return key.with(bytes) == hash
            case .int:
                guard let number = try? reader.varint() else { return true }
                return key.with(Int64(bitPattern: number)) == hash
            case .bool:
                guard let number = try? reader.varint() else { return true }
                return key.with(number != 0) == hash
            case .double:
                guard let bits = try? reader.number(UInt64.self) else { return true }
                return key.with(Double(bitPattern: bits)) == hash
            }
        }
    }
}
