// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import StitchPostgres

@Suite("Values on their way to the server and back")
struct PostgresEncodingTests {
    @Test("Values are sent in Postgres' text form, bytes in binary form, nil as NULL")
    func encoding() {
        #expect((-7).postgresValue == .text("-7"))
        #expect(0.1.postgresValue == .text("0.1"))
        #expect(true.postgresValue == .text("true"))
        #expect("ö".postgresValue == .text("ö"))
        #expect([UInt8(0), 255].postgresValue == .bytes([0, 255]))
        #expect([1, 2].postgresValue == .text("{1,2}"))
        #expect(String?.none.postgresValue == .null)
        #expect(Int?.some(3).postgresValue == .text("3"))
    }

    @Test("An element of an array of texts can't leave its quotes")
    func arrays() {
        #expect([#"a"b\c"#, "\"\u{301}"].postgresValue == .text("{\"a\\\"b\\\\c\",\"\\\"\u{301}\"}"))
    }

    @Test("A name can't leave its quotes")
    func identifiers() {
        #expect(PostgresIdentifier(#"a"; DROP"#).description == #""a""; DROP""#)
        #expect(PostgresIdentifier("\"\u{301}").description == "\"\"\"\u{301}\"")
    }

    @Test("Dates keep their microseconds, before 1970 too, and never trap")
    func dates() {
        #expect(Date(timeIntervalSince1970: 1.000_25).postgresValue == .text("1970-01-01T00:00:01.000250Z"))
        #expect(Date(timeIntervalSince1970: -0.25).postgresValue == .text("1969-12-31T23:59:59.750000Z"))
        #expect(Date(timeIntervalSince1970: .infinity).postgresValue == .text("infinity"))
        #expect(Date(timeIntervalSince1970: -1e300).postgresValue == .text("-infinity"))
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
        #expect(StatementSummary(String(repeating: "x", count: 200)).description.count == 81)
    }

    @Test("A value that the server quotes is cut out")
    func values() {
        let report = ServerReport(
            sqlState: "22P02",
            message: #"invalid input syntax for type integer: "hunter"2""#
        )
        let error = report.error(running: "SELECT $1::int")
        #expect(error.code == .server("22P02"))
        #expect(error.code.sqlState == "22P02")
        #expect(!error.message.contains("hunter"))
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
