// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import StitchPostgres

@Suite("Values on their way to the server and back")
struct PostgresEncodingTests {
    private func text(_ value: some PostgresEncodable) -> String? { value.postgresValue.content.textForm }

    private func binary(_ value: some PostgresEncodable, _ type: UInt32) -> [UInt8]? {
        var block: [UInt8] = []
        return value.postgresValue.content.appendBinaryForm(as: type, to: &block) ? block : nil
    }

    @Test("Every value has Postgres' text form, nil is NULL")
    func encoding() {
        #expect(text((-7)) == "-7")
        #expect(text(0.1) == "0.1")
        #expect(text(true) == "true")
        #expect(text("ö") == "ö")
        #expect(text([UInt8(0), 255]) == #"\x00ff"#)
        #expect(text([1, 2]) == "{1,2}")
        #expect(text(String?.none) == nil)
        #expect(text(Int?.some(3)) == "3")
    }

    @Test("An element of an array of texts can't leave its quotes")
    func arrays() {
        #expect(text([#"a"b\c"#, "\"\u{301}"]) == "{\"a\\\"b\\\\c\",\"\\\"\u{301}\"}")
    }

    @Test("A name can't leave its quotes")
    func identifiers() {
        #expect(PostgresIdentifier(#"a"; DROP"#).description == #""a""; DROP""#)
        #expect(PostgresIdentifier("\"\u{301}").description == "\"\"\"\u{301}\"")
    }

    @Test("Dates keep their microseconds, before 1970 too, and never trap")
    func dates() {
        #expect(text(Date(timeIntervalSince1970: 1.000_25)) == "1970-01-01T00:00:01.000250Z")
        #expect(text(Date(timeIntervalSince1970: -0.25)) == "1969-12-31T23:59:59.750000Z")
        #expect(text(Date(timeIntervalSince1970: .infinity)) == "infinity")
        #expect(text(Date(timeIntervalSince1970: -1e300)) == "-infinity")
    }

    @Test("Where the server has told its type, a value goes in binary form if it fits, else as text")
    func binaryForms() {
        #expect(binary(-2, PostgresType.int8) == [255, 255, 255, 255, 255, 255, 255, 254])
        #expect(binary(7, PostgresType.int4) == [0, 0, 0, 7])
        #expect(binary(7, PostgresType.int2) == [0, 7])
        #expect(binary(70_000, PostgresType.int2) == nil)
        #expect(binary(1 << 40, PostgresType.int4) == nil)
        #expect(binary(7, 1700) == nil)  // numeric
        #expect(binary(UInt64.max, PostgresType.xid8) == [UInt8](repeating: 255, count: 8))
        #expect(binary(UInt64.max, PostgresType.int8) == nil)
        #expect(binary(true, PostgresType.bool) == [1])
        #expect(binary("a", 25) == [97])
        #expect(binary("{}", PostgresType.jsonb) == [1, 123, 125])
        #expect(binary("1", PostgresType.int4) == nil)
        #expect(binary([UInt8(7)], PostgresType.bytea) == [7])
        #expect(binary(String?.none, 25) == nil)
    }

    @Test("Arrays have their dimension, type and elements in binary form, NULLs too")
    func binaryArrays() {
        let head: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 23, 0, 0, 0, 2, 0, 0, 0, 1]
        #expect(binary([1, 2], 1007) == head + [0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 2])
        #expect(binary([1, 1 << 40], 1007) == nil)
        #expect(binary([Int](), 1016) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20])
        let texts: [String?] = ["a", nil]
        #expect(
            binary(texts, 1009) == [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 25, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 97]
                + [255, 255, 255, 255]
        )
        #expect(text(texts) == #"{"a",NULL}"#)
        #expect(text([[UInt8(1)], []]) == #"{"\\x01","\\x"}"#)
    }

    @Test("Values that are cut off or claim too much are refused, and never trap")
    func cutOff() throws {
        var block: [UInt8] = []
        let isBinary = [1, 2, 3].postgresValue.content.appendBinaryForm(as: 1016, to: &block)
        #expect(isBinary)
        func decode(_ bytes: [UInt8]) throws(PostgresError) -> [Int] {
            try [Int](PostgresCell(column: "counts", type: 1016, bytes: bytes))
        }
        #expect(try decode(block) == [1, 2, 3])
        for length in 0..<block.count {
            #expect(throws: PostgresError.self) { try decode(Array(block.prefix(length))) }
        }
        // Each byte of the header and of the lengths at its highest: whatever it means, it is decoded or refused.
        for index in block.indices {
            var spoilt = block
            spoilt[index] = 255
            _ = try? decode(spoilt)
        }
        for type in [16, 20, 21, 23, 25, 26, 700, 701, 1184, 2950, 3802, 5069] as [UInt32] {
            for count in 0..<18 {
                let cell = PostgresCell(column: "odd", type: type, bytes: [UInt8](repeating: 1, count: count))
                _ = (try? Int16(cell), try? UInt64(cell), try? Double(cell), try? Bool(cell), try? String(cell))
                _ = (try? UUID(cell), try? Date(cell), try? [UInt8](cell), try? Int?(cell), try? [String](cell))
            }
        }
    }

    @Test("A NUL character in a text is refused by number of the parameter, without the text")
    func nul() throws {
        let error = try #require(throws: PostgresError.self) {
            try ParameterList([1, "hunter2\0"], statement: "SELECT $1, $2")
        }
        #expect(error.code == .invalidParameter)
        #expect(error.message.contains("$2"))
        #expect(!"\(error)".contains("hunter2"))
    }

    @Test("A value of another type, or too large, is told by column")
    func decoding() throws {
        let wide = PostgresCell(column: "total", type: PostgresType.int8, bytes: [0, 0, 0, 1, 0, 0, 0, 0])
        #expect(try Int(wide) == 1 << 32)
        let narrow = try #require(throws: PostgresError.self) { try Int32(wide) }
        #expect(narrow.code == .decodingFailed)
        let other = try #require(throws: PostgresError.self) { try Bool(wide) }
        #expect(other.message.contains("total") && other.message.contains("bigint"))
        let null = PostgresCell(column: "total", type: PostgresType.int8, bytes: nil)
        #expect(try Int?(null) == nil)
        #expect(throws: PostgresError.self) { try Int(null) }
        #expect(throws: PostgresError.self) {
            try String(PostgresCell(column: "name", type: 25, bytes: [0xff]))
        }
    }
}

@Suite("What errors tell")
struct PostgresErrorTests {
    @Test("A statement is named by its beginning, and never by its literals")
    func summaries() {
        #expect(StatementSummary("SELECT\n   1").description == "SELECT 1")
        #expect(StatementSummary("ALTER ROLE shop PASSWORD 'hunter2'").description == "ALTER ROLE shop PASSWORD …")
        #expect(StatementSummary("DO $$ hunter2 $$").description == "DO $…")
        #expect(StatementSummary("DO $body_1$ hunter2 $body_1$").description == "DO $body_1…")
        #expect(StatementSummary("SELECT $1,$2 + $3").description == "SELECT $1,$2 + $3")
        #expect(StatementSummary(String(repeating: "x", count: 200)).description.count == 81)
    }

    @Test("A value that the server quotes is cut out")
    func values() {
        let report = ServerReport(
            sqlState: "22P02",
            message: #"invalid input syntax for type integer: "hunter"2""#
        )
        let error = report.error(running: StatementSummary("SELECT $1::int"))
        #expect(error.code == .server("22P02"))
        #expect(error.code.sqlState == "22P02")
        #expect(!error.message.contains("hunter"))
    }

    @Test("The server's code has its name beside it, and what to do where that is always the same")
    func names() {
        let report = ServerReport(sqlState: "53300", message: "sorry, too many clients already")
        let error = report.error(running: StatementSummary("SELECT 1"))
        #expect("\(error)".hasSuffix("[server(53300) too_many_connections]"))
        #expect(error.message.contains("lower maximumConnections"))
        let hinted = ServerReport(sqlState: "42501", message: "no", hint: "Ask the owner.")
        #expect(hinted.error(running: StatementSummary("SELECT 1")).message == "SELECT 1: no; Ask the owner.")
        #expect("\(PostgresError(.server("99999"), "no"))" == "no [server(99999)]")
    }

    @Test("Serialisation failures, lost connections and lack of resources are worth another try")
    func retryable() {
        for code in [PostgresError.Code.server("40001"), .server("53300"), .connectionLost, .poolTimedOut] {
            #expect(PostgresError(code, "").isRetryable)
        }
        for code in [PostgresError.Code.server("23505"), .cancelled, .invalidParameter] {
            #expect(!PostgresError(code, "").isRetryable)
        }
    }
}
