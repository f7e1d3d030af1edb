// SPDX-License-Identifier: Apache-2.0

import Testing
import TraceContext

@Suite("traceparent (W3C Trace Context Level 2, section 3.2)")
struct TraceParentTests {
    static let traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
    static let spanID = "00f067aa0ba902b7"
    static let ids = "\(traceID)-\(spanID)"

    /// Every byte that isn't a lower-case hexadecimal digit, but for those beyond ASCII.
    static let notDigits = (0..<0x80).map { UInt8($0) }.filter { !"0123456789abcdef".utf8.contains($0) }

    /// Whether a field is refused whatever byte that is no digit stands in its place at these positions.
    private func refusesOtherBytes(at positions: Range<Int>) -> Bool {
        let legal = Array("00-\(Self.ids)-01".utf8)
        return positions.allSatisfy { position in
            (Self.notDigits + [0x80, 0xff]).allSatisfy { byte in
                var bytes = legal
                bytes[position] = byte
                return bytes.withUnsafeBufferPointer { TraceParent(utf8: $0) } == nil
            }
        }
    }

    @Test(
        "Trace Context §3.2.2: A field of version 00 is read and written back as it was",
        arguments: ["00", "01", "02", "03"]
    )
    func roundTrip(flags: String) throws {
        let text = "00-\(Self.ids)-\(flags)"
        let parent = try #require(TraceParent(text))
        #expect(parent.traceID.description == Self.traceID)
        #expect(parent.spanID.description == Self.spanID)
        #expect(parent.description == text)
    }

    @Test(
        "Trace Context §3.2.2.1: The version is two lower-case hexadecimal digits, and not ff",
        arguments: ["ff", "FF", "fF", "Ff", "0g", "g0", "0A", "0", "", "000", "-1", " 0", "0 ", "+1", "0x"]
    )
    func version(version: String) {
        #expect(TraceParent("\(version)-\(Self.ids)-01") == nil)
        #expect(TraceParent("\(version)-\(Self.ids)-01-more") == nil)
    }

    @Test(
        "Trace Context §3.2.2.2: Version 00 has four fields of fixed length, three dashes and nothing else",
        arguments: [
            "", "0", "00", "00-", "00-\(ids)", "00-\(ids)-", "00-\(ids)-0", "00-\(ids)-01-", "00-\(ids)-01-extra",
            "00-\(ids)-011", "00-\(ids)-01 ", " 00-\(ids)-01", "00_\(ids)-01", "00-\(traceID)_\(spanID)-01",
            "00-\(ids)_01", "00-\(traceID)0-\(spanID)-1", "00-\(traceID)-0\(spanID)-1", "00--\(ids)-1",
            "00-\(ids)-01,00-\(ids)-01",
        ]
    )
    func format(text: String) {
        #expect(TraceParent(text) == nil)
    }

    @Test("Trace Context §3.2.2.3: A field with an invalid trace-id is ignored: all zero, or any digit none")
    func traceIDs() {
        #expect(TraceParent("00-\(String(repeating: "0", count: 32))-\(Self.spanID)-01") == nil)
        #expect(TraceParent("00-\(String(repeating: "0", count: 31))1-\(Self.spanID)-01") != nil)
        #expect(TraceParent("00-1\(String(repeating: "0", count: 31))-\(Self.spanID)-01") != nil)
        #expect(refusesOtherBytes(at: 3..<35))
        #expect(TraceID(Self.traceID.uppercased()) == nil)
        #expect(TraceID(String(repeating: "0", count: 32)) == nil)
    }

    @Test("Trace Context §3.2.2.4: A field with an invalid parent-id is ignored: all zero, or any digit none")
    func parentIDs() {
        #expect(TraceParent("00-\(Self.traceID)-0000000000000000-01") == nil)
        #expect(TraceParent("00-\(Self.traceID)-0000000000000001-01") != nil)
        #expect(TraceParent("00-\(Self.traceID)-1000000000000000-01") != nil)
        #expect(refusesOtherBytes(at: 36..<52))
        #expect(SpanID(Self.spanID.uppercased()) == nil)
        #expect(SpanID("0000000000000000") == nil)
    }

    @Test("Trace Context §3.2.2.5: Flags are two lower-case hexadecimal digits, read bit by bit", arguments: 0...255)
    func flags(bits: Int) throws {
        let digits = String(256 + bits, radix: 16).suffix(2)
        let flags = try #require(TraceParent("00-\(Self.ids)-\(digits)")).flags
        #expect(flags.contains(.sampled) == (bits & 1 == 1))
        #expect(flags.contains(.random) == (bits & 2 == 2))
    }

    @Test("Trace Context §3.2.2.5: A field with other flags than hexadecimal digits is ignored")
    func illegalFlags() {
        #expect(refusesOtherBytes(at: 53..<55))
    }

    @Test("Trace Context §3.2.2.5.3: Flags that are not defined are zero on output", arguments: 0...255)
    func unknownFlags(bits: UInt8) throws {
        let digits = String(256 + Int(bits), radix: 16).suffix(2)
        let read = try #require(TraceParent("00-\(Self.ids)-\(digits)"))
        var made = read
        made.flags = TraceFlags(rawValue: bits)
        #expect(read.description == "00-\(Self.ids)-0\(bits & 3)")
        #expect(made.description == read.description)
    }

    @Test(
        "Trace Context §3.2.4: A higher version is read by its first 55 bytes, before the end or a dash",
        arguments: ["01", "0a", "10", "cc", "fe"],
        ["", "-", "-what-the-future-brings", "--", "- \u{7f}é", "-" + String(repeating: "x", count: 5000)]
    )
    func higherVersion(version: String, rest: String) throws {
        let parent = try #require(TraceParent("\(version)-\(Self.ids)-01\(rest)"))
        // What follows is unknown, so it isn't passed on, and the version is the one that we know.
        #expect(parent.description == "00-\(Self.ids)-01")
    }

    @Test(
        "Trace Context §3.2.4: Of a higher version the ids, the flags and the dashes behind them must be right",
        arguments: [
            "cc", "cc-", "cc-\(ids)", "cc-\(ids)-", "cc-\(ids)-0", "cc-\(ids)-01.", "cc-\(ids)-012", "cc-\(ids)-01 -x",
            "cc-\(ids).01-x", "cc-\(traceID).\(spanID)-01-x", "cc-\(ids)-0-x", "cc-\(ids)-0g-x", "cc-\(ids)-0A-x",
            "cc-\(traceID.uppercased())-\(spanID)-01-x", "cc-\(traceID)-\(spanID.uppercased())-01-x",
            "cc-00000000000000000000000000000000-\(spanID)-01-x", "cc-\(traceID)-0000000000000000-01-x",
        ]
    )
    func illegalHigherVersion(text: String) {
        #expect(TraceParent(text) == nil)
    }

    @Test("A buffer that is too small stays untouched")
    func smallBuffer() throws {
        let parent = try #require(TraceParent("00-\(Self.ids)-01"))
        var bytes = [UInt8](repeating: 7, count: TraceParent.byteCount - 1)
        #expect(bytes.withUnsafeMutableBufferPointer { parent.write(to: $0) } == 0)
        #expect(bytes.allSatisfy { $0 == 7 })
    }
}
