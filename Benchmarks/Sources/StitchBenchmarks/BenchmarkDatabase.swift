// SPDX-License-Identifier: Apache-2.0

import Foundation
import PostgresTesting

/// The database that benchmarks use.
enum BenchmarkDatabase {
    /// Lends the address of the server that `POSTGRES_URL` names, else of a temporary one that waits for the disk, gone afterwards.
    static func with<Value>(_ body: (String) async throws -> Value) async throws -> Value {
        if let url = ProcessInfo.processInfo.environment["POSTGRES_URL"], !url.isEmpty { return try await body(url) }
        let server = try await TemporaryPostgres(isDurable: true)
        let result: Result<Value, any Error>
        do { result = .success(try await body(server.url)) } catch { result = .failure(error) }
        await server.stop()
        return try result.get()
    }
}
