// SPDX-License-Identifier: Apache-2.0

import Foundation
import PostgresTesting

/// The database that benchmarks use.
///
/// A temporary server waits for the disk, as one does that is installed, and has the memory and the room for its log that one
/// would give it on a machine of its own: 1 GB and 4 GB.
enum BenchmarkDatabase {
    /// Lends the address of the server that `POSTGRES_URL` names, else of a temporary one, gone afterwards.
    static func with<Value>(_ body: (String) async throws -> Value) async throws -> Value {
        if let url = ProcessInfo.processInfo.environment["POSTGRES_URL"], !url.isEmpty { return try await body(url) }
        let server = try await TemporaryPostgres(
            isDurable: true,
            settings: ["shared_buffers": "1GB", "max_wal_size": "4GB"]
        )
        let result: Result<Value, any Error>
        do { result = .success(try await body(server.url)) } catch { result = .failure(error) }
        await server.stop()
        return try result.get()
    }
}
