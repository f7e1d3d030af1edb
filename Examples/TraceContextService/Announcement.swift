// SPDX-License-Identifier: Apache-2.0

import Foundation
import Stitch
import StitchHTTP

/// Says where the service listens, once a request without calls has gone the whole way: a consumer needs some seconds to
/// join its group.
struct Announcement: Service {
    private let port: Int
    private let make: CallMaking
    private let stopped: AsyncStream<Never>
    private let stop: AsyncStream<Never>.Continuation

    init(_ server: HTTPServer, _ make: @escaping CallMaking) {
        port = server.port
        self.make = make
        (stopped, stop) = AsyncStream.makeStream()
    }

    func run() async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await _ in stopped {}
                return true
            }
            group.addTask {
                _ = try await make([], 0)
                let line = "TraceContextService listens at http://127.0.0.1:\(port)/test\n"
                try? FileHandle.standardOutput.write(contentsOf: Data(line.utf8))
                return false
            }
            for try await isStopped in group where isStopped {
                group.cancelAll()
                return
            }
        }
    }

    func shutdown() async { stop.finish() }
}
