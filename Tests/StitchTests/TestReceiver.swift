// SPDX-License-Identifier: Apache-2.0

import StitchHTTP
import StitchOTLP
import Synchronization
import TelemetryData

/// Takes spans and metrics in, as a receiver of OTLP in protobuf does.
final class TestReceiver: Sendable {
    private struct State {
        var spans: [SpanData] = []
        var metrics: [MetricData] = []
        var agents: Set<String> = []
    }

    private let state = Mutex(State())

    var spans: [SpanData] { state.withLock { $0.spans } }
    var metrics: [MetricData] { state.withLock { $0.metrics } }

    /// What a metric's points add up to, in the last report that has it.
    func sum(_ name: String) -> Int64? {
        guard case .sum(let points, _, _)? = metrics.last(where: { $0.name == name })?.content else { return nil }
        return points.reduce(0) { sum, point in if case .int(let value) = point.value { sum + value } else { sum } }
    }

    /// Runs `body` with a receiver at a free port, whose requests are answered with `status`.
    static func run(
        status: Int = 200,
        _ body: (TestReceiver, _ endpoint: String) async throws -> Void
    ) async throws {
        let receiver = TestReceiver()
        let server = try HTTPServer(
            HTTPServerConfiguration(),
            routes: [
                .post("/v1/traces") { request in
                    let spans = try OTLP.decode(request.body).spans
                    if status == 200 { receiver.state.withLock { $0.spans += spans } }
                    return HTTPResponse(status: status)
                },
                .post("/v1/metrics") { request in
                    let metrics = try OTLPMetrics.decode(request.body)
                    if status == 200 { receiver.state.withLock { $0.metrics += metrics } }
                    return HTTPResponse(status: status)
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
