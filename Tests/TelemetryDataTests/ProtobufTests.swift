// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@Suite("Protobuf")
struct ProtobufTests {
    /// Reads all fields of a message, as text that says what they are.
    static func fields(_ bytes: [UInt8], maximumDepth: Int = 100) throws -> [String] {
        try bytes.withUnsafeBytes { bytes in
            var reader = ProtobufReader(bytes, maximumDepth: maximumDepth)
            var fields: [String] = []
            while let field = try reader.next() {
                switch field.type {
                case .lengthDelimited: fields.append("\(field.number)=\(field.string)")
                default: fields.append("\(field.number):\(field.bits)")
                }
            }
            return fields
        }
    }

    static func code(_ bytes: [UInt8], maximumDepth: Int = 100) -> ProtobufError.Code? {
        do {
            _ = try fields(bytes, maximumDepth: maximumDepth)
            return nil
        } catch {
            return (error as? ProtobufError)?.code
        }
    }

    @Test("Every type of field is written as the format has it")
    func writing() {
        var writer = ProtobufWriter(capacity: 1)
        writer.write(varint: 300, field: 1)
        writer.write(zigzag: -1, field: 2)
        writer.write(fixed64: 0x0102_0304_0506_0708, field: 3)
        writer.write(fixed32: 0x0102_0304, field: 16)
        writer.write(double: 1, field: 4)
        writer.write(string: "é", field: 5)
        writer.write(packedFixed64: [1], field: 6)
        writer.write(message: 7) { $0.write(varint: 1, field: 1) }
        #expect(
            writer.bytes == [0x08, 0xac, 0x02] + [0x10, 0x01] + [0x19, 8, 7, 6, 5, 4, 3, 2, 1]
                + [0x85, 0x01, 4, 3, 2, 1] + [0x21, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f] + [0x2a, 2, 0xc3, 0xa9]
                + [0x32, 8, 1, 0, 0, 0, 0, 0, 0, 0] + [0x3a, 2, 0x08, 1]
        )
    }

    @Test("A length takes the fewest bytes, whatever was guessed", arguments: [1, 2, 3, 4])
    func lengths(guess: Int) throws {
        for count in [0, 1, 127, 128, 129, 16_383, 16_384, 70_000] {
            let text = String(repeating: "x", count: count)
            var plain = ProtobufWriter(), nested = ProtobufWriter(capacity: 16)
            plain.write(string: text, field: 9)
            nested.write(message: 9, lengthWidth: guess) { writer in
                for byte in text.utf8 { writer.buffer.append(byte) }
            }
            #expect(nested.bytes == plain.bytes, "\(count)")
        }
    }

    @Test("A number of every width comes back", arguments: 0...64)
    func numbers(bits: Int) throws {
        let value = bits == 64 ? UInt64.max : (1 << UInt64(bits)) - 1
        var writer = ProtobufWriter()
        writer.write(varint: value, field: 536_870_911)
        #expect(try Self.fields(writer.bytes) == ["536870911:\(value)"])
    }

    @Test("What is no UTF-8 is repaired, groups are passed over, an empty message has no fields")
    func tolerance() throws {
        #expect(try Self.fields([0x0a, 2, 0xff, 0x41]) == ["1=\u{fffd}A"])
        #expect(try Self.fields([0x0b, 0x08, 1, 0x13, 0x1a, 1, 0, 0x14, 0x0c, 0x10, 7]) == ["2:7"])
        #expect(try Self.fields([]).isEmpty)
    }

    @Test("What breaks the format is refused")
    func refusal() {
        #expect(Self.code([0x08]) == .truncated)
        #expect(Self.code([0x08, 0x80]) == .truncated)
        #expect(Self.code([0x09, 1, 2, 3, 4, 5, 6, 7]) == .truncated)
        #expect(Self.code([0x0d, 1, 2, 3]) == .truncated)
        #expect(Self.code([0x0a, 2, 0]) == .truncated)
        #expect(Self.code([0x0a] + [UInt8](repeating: 0xff, count: 9) + [1]) == .truncated)
        #expect(Self.code([0x08] + [UInt8](repeating: 0x80, count: 9) + [2]) == .malformed)
        #expect(Self.code([0x08] + [UInt8](repeating: 0x80, count: 11) + [0]) == .malformed)
        #expect(Self.code([0x00, 0x01]) == .malformed)
        #expect(Self.code([0x80, 0x80, 0x80, 0x80, 0x10, 1]) == .malformed)
        #expect(Self.code([0x0e]) == .malformed)
        #expect(Self.code([0x0c]) == .malformed)
        #expect(Self.code([0x0b, 0x14]) == .malformed)
        #expect(Self.code([0x0b]) == .truncated)
        #expect(Self.code([UInt8](repeating: 0x0b, count: 100_000)) == .tooDeep)
    }

    @Test("Messages are followed as deeply as was said, no deeper")
    func depth() throws {
        var writer = ProtobufWriter()
        writer.write(message: 1) { $0.write(message: 1) { $0.write(varint: 1, field: 1) } }
        func depth(_ reader: ProtobufReader) throws(ProtobufError) -> Int {
            var reader = reader
            guard let field = try reader.next(), field.type == .lengthDelimited else { return 0 }
            return try depth(reader.message(field)) + 1
        }
        writer.buffer.withUnsafeBytes { bytes in
            #expect(throws: Never.self) { try #expect(depth(ProtobufReader(bytes, maximumDepth: 2)) == 2) }
            #expect(throws: ProtobufError.self) { try depth(ProtobufReader(bytes, maximumDepth: 1)) }
        }
    }
}
