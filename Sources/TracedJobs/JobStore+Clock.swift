// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchPostgres

/// The clock of a test's database.
extension JobStore {
    /// Moves the clock of a test's database forward.
    func advanceClock(to time: Date) async throws(JobError) {
        try await answered("Moving the test's clock") { [self] () async throws(PostgresError) in
            _ = try await database.query("SELECT \(names["advance_clock"])($1::timestamptz)::text", time)
        }
    }

    /// Whether the database is a test's, with a clock that can be moved.
    func hasMovableClock() async throws(JobError) -> Bool {
        try await answered("Looking at the clock") { [self] () async throws(PostgresError) in
            let rows = try await database.query(
                "SELECT to_regprocedure($1) IS NOT NULL AS found",
                "\(names["advance_clock"])(timestamptz)"
            )
            return try rows.first?.decode("found") ?? false
        }
    }
}
