// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchHTTP
import Synchronization

/// Somebody to be called: remembers each request by its path, and answers 200 unless told otherwise.
final class RecordingTarget: Sendable {
    /// A path whose answer waits.
    final class Hold: Sendable {
        private let arrivals = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
        private let releases = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))

        /// Returns when a request has come.
        func arrived() async { for await _ in arrivals.stream { return } }

        /// Lets it be answered.
        func release() { releases.continuation.yield() }

        fileprivate func wait() async {
            arrivals.continuation.yield()
            for await _ in releases.stream { return }
        }
    }

    private struct State {
        var requests: [String: [HTTPRequest]] = [:]
        var answers: [String: HTTPResponse] = [:]
        var holds: [String: Hold] = [:]
    }

    private let state = Mutex(State())

    /// Runs `body` with a target at a free port.
    static func run<Success: Sendable>(_ body: (RecordingTarget, Int) async throws -> Success) async throws -> Success {
        let target = RecordingTarget()
        let server = try HTTPServer(
            HTTPServerConfiguration(),
            routes: ["GET", "POST"].map { HTTPRoute($0, "/{name}") { request in await target.record(request) } }
        )
        async let running: Void = server.run()
        let result: Result<Success, any Error>
        do { result = .success(try await body(target, server.port)) } catch { result = .failure(error) }
        await server.shutdown()
        try await running
        return try result.get()
    }

    /// The requests that have come to a path, which are forgotten then.
    func take(_ path: String) -> [HTTPRequest] { state.withLock { $0.requests.removeValue(forKey: path) ?? [] } }

    /// What a path answers from now on.
    func answer(_ path: String, _ response: HTTPResponse) { state.withLock { $0.answers[path] = response } }

    /// Lets the answer of a path wait.
    func hold(_ path: String) -> Hold {
        let hold = Hold()
        state.withLock { $0.holds[path] = hold }
        return hold
    }

    private func record(_ request: HTTPRequest) async -> HTTPResponse {
        let (answer, hold) = state.withLock { state in
            state.requests[request.path, default: []].append(request)
            return (state.answers[request.path], state.holds[request.path])
        }
        await hold?.wait()
        return answer ?? .text("ok\n")
    }
}
