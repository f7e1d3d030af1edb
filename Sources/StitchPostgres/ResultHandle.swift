// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq
import Foundation

/// What the server answered to one statement; owns libpq's result and releases it.
///
/// `@unchecked Sendable`: a `PGresult` is never changed after libpq has handed it over, and reading one from several
/// threads is allowed.
@usableFromInline
final class ResultHandle: @unchecked Sendable {
    @usableFromInline let pointer: OpaquePointer

    /// The types of the columns, belonging to the result; asking libpq for each value would take longer than reading it.
    @usableFromInline let columnTypes: UnsafeBufferPointer<UInt32>

    /// Takes over the result.
    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
        let types = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: Int(PQnfields(pointer)))
        for index in types.indices {
            types.initializeElement(at: index, to: PQftype(pointer, Int32(truncatingIfNeeded: index)))
        }
        columnTypes = UnsafeBufferPointer(types)
    }

    deinit {
        PQclear(pointer)
        columnTypes.deallocate()
    }

    var status: ExecStatusType { PQresultStatus(pointer) }
    var report: ServerReport { ServerReport(pointer) }
    var rowCount: Int { Int(PQntuples(pointer)) }
    var columnCount: Int { columnTypes.count }
    var hasFailed: Bool { status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE }

    /// The command that was carried out, such as `COMMIT`.
    var command: String { PQcmdStatus(pointer).map { String(cString: $0) } ?? "" }

    /// How many rows the statement changed or returned; 0 for those that deal with none.
    var affectedRows: Int { PQcmdTuples(pointer).flatMap { Int(String(cString: $0)) } ?? 0 }

    /// The types of the parameters of a statement that was described.
    var parameterTypes: [UInt32] { (0..<PQnparams(pointer)).map { PQparamtype(pointer, $0) } }

    /// The place of a column; the first of several with one name.
    static func index(of column: String, in pointer: OpaquePointer) -> Int? {
        column.withCString { wanted in
            let count = PQnfields(pointer)
            var index: Int32 = 0
            while index < count {
                // The text belongs to the result.
                if let name = PQfname(pointer, index), strcmp(name, wanted) == 0 { return Int(index) }
                index += 1
            }
            return nil
        }
    }
}
