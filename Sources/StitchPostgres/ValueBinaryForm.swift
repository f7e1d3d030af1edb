// SPDX-License-Identifier: Apache-2.0

import Foundation

extension PostgresValue.Content {
    /// Appends the value in the binary form of a type.
    ///
    /// - Returns: `false`, and nothing appended, where the value has none in that type: then the server is sent the text
    ///   form, which it knows how to convert, or how to refuse.
    func appendBinaryForm(as type: UInt32, to block: inout [UInt8]) -> Bool {
        switch self {
        case .null: return false
        case .integer(let number): return Self.append(number, as: type, to: &block)
        case .unsigned(let number):
            if type == PostgresType.xid8 {
                block.append(bigEndian: number)
                return true
            }
            return Int64(exactly: number).map { Self.append($0, as: type, to: &block) } ?? false
        case .double(let number):
            guard type == PostgresType.float8 else { return false }
            block.append(bigEndian: number.bitPattern)
        case .float(let number):
            switch type {
            // As the server reads its text: the number that is written so, not the one that is nearest in binary.
            case PostgresType.float8: block.append(bigEndian: (Double(number.description) ?? Double(number)).bitPattern)
            case PostgresType.float4: block.append(bigEndian: number.bitPattern)
            default: return false
            }
        case .bool(let isTrue):
            guard type == PostgresType.bool else { return false }
            block.append(isTrue ? 1 : 0)
        case .uuid(let id):
            guard type == PostgresType.uuid else { return false }
            withUnsafeBytes(of: id.uuid) { block.append(contentsOf: $0) }
        case .instant(let microseconds):
            guard type == PostgresType.timestamptz else { return false }
            block.append(bigEndian: microseconds)
        case .text(let text):
            if type == PostgresType.jsonb {
                block.append(1)  // The version of the format.
            } else if !PostgresType.isText(type) {
                return false
            }
            block.append(contentsOf: text.utf8)
        case .bytes(let bytes):
            guard type == PostgresType.bytea else { return false }
            block.append(contentsOf: bytes)
        case .integers(let numbers):
            guard let element = PostgresType.element(of: type) else { return false }
            return Self.appendArray(numbers.count, of: element, hasNull: false, to: &block) { index, block in
                let place = block.reserveLength()
                guard Self.append(numbers[index], as: element, to: &block) else { return false }
                block.fillLength(at: place)
                return true
            }
        case .array(let elements):
            guard let element = PostgresType.element(of: type) else { return false }
            let hasNull = elements.contains(.null)
            return Self.appendArray(elements.count, of: element, hasNull: hasNull, to: &block) { index, block in
                if case .null = elements[index] {
                    block.append(bigEndian: Int32(-1))
                    return true
                }
                let place = block.reserveLength()
                guard elements[index].appendBinaryForm(as: element, to: &block) else { return false }
                block.fillLength(at: place)
                return true
            }
        }
        return true
    }

    private static func append(_ number: Int64, as type: UInt32, to block: inout [UInt8]) -> Bool {
        switch type {
        case PostgresType.int8:
            block.append(bigEndian: number)
        case PostgresType.int4:
            guard let number = Int32(exactly: number) else { return false }
            block.append(bigEndian: number)
        case PostgresType.int2:
            guard let number = Int16(exactly: number) else { return false }
            block.append(bigEndian: number)
        case PostgresType.oid:
            guard let number = UInt32(exactly: number) else { return false }
            block.append(bigEndian: number)
        case PostgresType.xid8:
            guard let number = UInt64(exactly: number) else { return false }
            block.append(bigEndian: number)
        case PostgresType.float8:
            guard let number = Double(exactly: number) else { return false }
            block.append(bigEndian: number.bitPattern)
        default: return false
        }
        return true
    }

    /// Appends an array of one dimension, whose lower bound is 1.
    private static func appendArray(
        _ count: Int,
        of element: UInt32,
        hasNull: Bool,
        to block: inout [UInt8],
        each: (Int, inout [UInt8]) -> Bool
    ) -> Bool {
        let start = block.count
        block.append(bigEndian: Int32(count == 0 ? 0 : 1))  // Dimensions.
        block.append(bigEndian: Int32(hasNull ? 1 : 0))
        block.append(bigEndian: element)
        if count > 0 {
            block.append(bigEndian: Int32(clamping: count))
            block.append(bigEndian: Int32(1))
        }
        for index in 0..<count where !each(index, &block) {
            block.removeSubrange(start...)
            return false
        }
        return true
    }
}

extension [UInt8] {
    /// Appends a number, most significant byte first.
    @inline(__always)
    mutating func append(bigEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }

    /// Leaves room for the length of what is appended next.
    mutating func reserveLength() -> Int {
        append(bigEndian: Int32(0))
        return count
    }

    /// Writes the length of all that was appended since ``reserveLength()`` returned `place`.
    mutating func fillLength(at place: Int) {
        let length = Int32(clamping: count - place)
        withUnsafeMutableBytes { bytes in
            bytes.storeBytes(of: length.bigEndian, toByteOffset: place - 4, as: Int32.self)
        }
    }
}
