// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

/// Most attributes are read by a shorter way than the others; nobody may notice which.
@Suite("Attributes from strangers")
struct AttributeDecodingTests {
    typealias Writing = (inout ProtobufWriter) -> Void

    /// What a resource of these attributes is read as.
    static func read(_ attributes: [Writing], maximumDepth: Int = 100) throws -> Attributes {
        var writer = ProtobufWriter()
        for attribute in attributes { writer.write(message: 1, attribute) }
        return try writer.buffer.withUnsafeBytes { bytes in
            var decoder = TelemetryDecoder()
            return try decoder.resource(ProtobufReader(bytes, maximumDepth: maximumDepth)).attributes
        }
    }

    /// An attribute as everybody writes it, and in forms that need the longer way.
    static func forms(_ key: String, _ value: @escaping Writing) -> [Writing] {
        let plain: Writing = { writer in
            writer.write(string: key, field: 1)
            writer.write(message: 2, value)
        }
        let unknownAfter: Writing = { writer in
            plain(&writer)
            writer.write(varint: 1, field: 99)
        }
        let unknownWithin: Writing = { writer in
            writer.write(string: key, field: 1)
            writer.write(message: 2) { writer in
                writer.write(varint: 1, field: 99)
                value(&writer)
            }
        }
        let backwards: Writing = { writer in
            writer.write(message: 2, value)
            writer.write(string: key, field: 1)
        }
        let again: Writing = { writer in
            writer.write(message: 2) { $0.write(string: "overwritten", field: 1) }
            plain(&writer)
        }
        return [plain, unknownAfter, unknownWithin, backwards, again]
    }

    static func expect(_ key: String, _ value: AttributeValue, _ writing: @escaping Writing) throws {
        for (index, form) in forms(key, writing).enumerated() {
            #expect(try read([form]).elements.map(\.key) == [key], "form \(index) of \(value)")
            #expect(try read([form])[key] == value, "form \(index) of \(value)")
        }
    }

    @Test("A number of every width is read in every form", arguments: 0...64)
    func numbers(width: Int) throws {
        let bits: UInt64 = width == 0 ? 0 : .max >> UInt64(64 - width)
        for number in [Int64(bitPattern: bits), Int64(bitPattern: bits / 3), -Int64(bits >> 1)] {
            try Self.expect("n", .int(number)) { $0.write(varint: UInt64(bitPattern: number), field: 3) }
        }
        try Self.expect("b", .bool(bits != 0)) { $0.write(varint: bits, field: 2) }
        try Self.expect("d", .double(Double(bits))) { $0.write(double: Double(bits), field: 4) }
    }

    @Test("Names and texts of every length are read in every form", arguments: 0...300)
    func texts(count: Int) throws {
        let text = String(repeating: "x", count: count)
        try Self.expect("key", .string(text)) { $0.write(string: text, field: 1) }
        try Self.expect(text, 7) { $0.write(varint: 7, field: 3) }
        try Self.expect("bytes", .bytes(Array(text.utf8))) { writer in
            Array(text.utf8).withUnsafeBytes { writer.write(bytes: $0, field: 7) }
        }
    }

    @Test("A value that says nothing is null, and what is no UTF-8 is repaired, in every form")
    func oddities() throws {
        try Self.expect("k", .null) { _ in }
        #expect(try Self.read([{ $0.write(string: "k", field: 1) }]) == ["k": .null])
        try Self.expect("k", .array(["a", .null, "b"])) { writer in
            writer.write(message: 5) { writer in
                writer.write(message: 1) { $0.write(string: "a", field: 1) }
                writer.write(message: 1) { _ in }
                writer.write(message: 1) { $0.write(string: "b", field: 1) }
            }
        }
        try Self.expect("k", .map(["a": .null])) { writer in
            writer.write(message: 6) { writer in writer.write(message: 1) { $0.write(string: "a", field: 1) } }
        }
        try Self.expect("k", "a\u{fffd}") { writer in
            ([0x61, 0xff] as [UInt8]).withUnsafeBytes { writer.write(bytes: $0, field: 1) }
        }
    }

    @Test("A value that has two fields is what the last says; one with more than 64 bits is refused")
    func brokenShortcuts() throws {
        try Self.expect("k", 5) { writer in
            writer.write(string: "text", field: 1)
            writer.write(varint: 5, field: 3)
        }
        try Self.expect("k", "text") { writer in
            writer.write(varint: 300, field: 3)
            writer.write(string: "text", field: 1)
        }
        for form in Self.forms(
            "k",
            { writer in
                for byte in [0x18] + [UInt8](repeating: 0xff, count: 9) + [0x02] { writer.buffer.append(byte) }
            }
        ) {
            #expect(throws: ProtobufError.self) { try Self.read([form]) }
        }
    }

    @Test("A depth that does not allow the value is refused in every form")
    func depth() throws {
        for form in Self.forms("k", { $0.write(varint: 1, field: 3) }) {
            #expect(try Self.read([form], maximumDepth: 2)["k"] == 1)
            for depth in 0...1 {
                #expect(throws: ProtobufError.self) { try Self.read([form], maximumDepth: depth) }
            }
        }
    }

    @Test("Of a key that stands twice the last value counts, where the first stood", arguments: [1, 2, 8, 16, 17, 500])
    func duplicates(count: Int) throws {
        func attribute(_ key: Int, _ value: Int) -> Writing {
            { writer in
                writer.write(string: "key \(key)", field: 1)
                writer.write(message: 2) { $0.write(varint: UInt64(value), field: 3) }
            }
        }
        let first = (0..<count).map { attribute($0, 0) }
        let second = (0..<count).reversed().map { attribute($0, $0 + 1) }
        let read = try Self.read(first + second)
        #expect(read.elements.map(\.key) == (0..<count).map { "key \($0)" })
        #expect(read.elements.map(\.value) == (0..<count).map { .int(Int64($0 + 1)) })
    }
}
