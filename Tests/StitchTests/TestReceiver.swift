// SPDX-License-Identifier: Apache-2.0

import StitchHTTP
import StitchOTLP
import Synchronization
import TelemetryData

/// Takes spans and metrics in, as a receiver of OTLP in protobuf does.
final class TestReceiver: Sendable {
    private struct State {
        var status: Int
        var spans: [SpanData] = []
        var metrics: [MetricData] = []
    }

    private let state: Mutex<State>
    private let refusals = AsyncStream.makeStream(of: Void.self)

    private init(status: Int) { state = Mutex(State(status: status)) }

    var spans: [SpanData] { state.withLock { $0.spans } }
    var metrics: [MetricData] { state.withLock { $0.metrics } }

    /// What a metric's points add up to, in the last report that has it.
    func sum(_ name: String) -> Int64? {
        guard case .sum(let points, _, _)? = metrics.last(where: { $0.name == name })?.content else { return nil }
        return points.reduce(0) { sum, point in if case .int(let value) = point.value { sum + value } else { sum } }
    }

    /// Answers with this status from now on.
    func answer(_ status: Int) { state.withLock { $0.status = status } }

    /// Returns when so many requests were refused.
    func refusals(atLeast count: Int) async -> Bool {
        var seen = 0
        for await _ in refusals.stream {
            seen += 1
            if seen == count { return true }
        }
        return false
    }

    private func take(_ change: (inout State) -> Void) -> HTTPResponse {
        let status = state.withLock { state in
            if state.status == 200 { change(&state) }
            return state.status
        }
        if status != 200 { refusals.continuation.yield() }
        return HTTPResponse(status: status)
    }

    /// Runs `body` with a receiver at a free port, whose requests are answered with `status`.
    static func run(
        status: Int = 200,
        _ body: (TestReceiver, _ endpoint: String) async throws -> Void
    ) async throws {
        let receiver = TestReceiver(status: status)
        let server = try HTTPServer(
            HTTPServerConfiguration(),
            routes: [
                .post("/v1/traces") { request in
                    let spans = try OTLP.decode(request.body).spans
                    return receiver.take { $0.spans += spans }
                },
                .post("/v1/metrics") { request in
                    let metrics = try OTLPMetrics.decode(request.body)
                    return receiver.take { $0.metrics += metrics }
                },
            ]
        )
        do {
            try await body(receiver, "http://127.0.0.1:\(server.port)")
        } catch {
            await server.shutdown()
            throw error
        }
        await server.shutdown()
    }
}
