// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq

/// What the server answered to one statement; owns libpq's result and releases it.
///
/// `@unchecked Sendable`: a `PGresult` is never changed after libpq has handed it over, and reading one from several
/// threads is allowed.
final class PostgresResult: @unchecked Sendable {
    private let pointer: OpaquePointer
    private let columns: [String: Int32]

    /// Takes over the result.
    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
        var columns: [String: Int32] = [:]
        for index in 0..<PQnfields(pointer) {
            guard let name = PQfname(pointer, index) else { continue }  // The text belongs to the result.
            columns[String(cString: name), default: index] = min(index, columns[String(cString: name)] ?? index)
        }
        self.columns = columns
    }

    deinit { PQclear(pointer) }

    var status: ExecStatusType { PQresultStatus(pointer) }
    var report: ServerReport { ServerReport(pointer) }
    var rowCount: Int { Int(PQntuples(pointer)) }
    var columnCount: Int { Int(PQnfields(pointer)) }

    /// The command that was carried out, such as `COMMIT`.
    var command: String { PQcmdStatus(pointer).map { String(cString: $0) } ?? "" }

    /// How many rows the statement changed or returned; 0 for those that deal with none.
    var affectedRows: Int { PQcmdTuples(pointer).flatMap { Int(String(cString: $0)) } ?? 0 }

    /// The place of a column; the first of several with one name.
    func index(of column: String) -> Int? { columns[column].map { Int($0) } }

    /// Copies a value out of the result.
    ///
    /// Row and column must be within the counts.
    func cell(row: Int, column: Int) -> PostgresCell {
        let (row, column) = (Int32(row), Int32(column))
        let name = PQfname(pointer, column).map { String(cString: $0) } ?? ""
        let type = PQftype(pointer, column)
        guard PQgetisnull(pointer, row, column) == 0, let start = PQgetvalue(pointer, row, column) else {
            return PostgresCell(column: name, type: type, bytes: nil)
        }
        // The memory belongs to the result, so it is copied.
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(pointer, row, column)))
        return PostgresCell(column: name, type: type, bytes: Array(bytes))
    }
}
