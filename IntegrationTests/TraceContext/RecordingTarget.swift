// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchHTTP
import Synchronization

/// Somebody to be called: remembers each request by its path, and answers 200.
final class RecordingTarget: Sendable {
    private let requests = Mutex<[String: [HTTPRequest]]>([:])

    /// Runs `body` with a target at a free port.
    static func run<Success: Sendable>(_ body: (RecordingTarget, Int) async throws -> Success) async throws -> Success {
        let target = RecordingTarget()
        let server = try HTTPServer(
            HTTPServerConfiguration(),
            routes: [.post("/{name}") { request in target.record(request) }]
        )
        async let running: Void = server.run()
        let result: Result<Success, any Error>
        do { result = .success(try await body(target, server.port)) } catch { result = .failure(error) }
        await server.shutdown()
        try await running
        return try result.get()
    }

    /// The requests that have come to a path, which are forgotten then.
    func take(_ path: String) -> [HTTPRequest] { requests.withLock { $0.removeValue(forKey: path) ?? [] } }

    private func record(_ request: HTTPRequest) -> HTTPResponse {
        requests.withLock { $0[request.path, default: []].append(request) }
        return .text("ok\n")
    }
}
