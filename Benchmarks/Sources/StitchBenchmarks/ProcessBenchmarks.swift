// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import TelemetryAPI
import TraceContext

/// What a `process` span costs round a handler where nobody makes spans, beyond the call of the handler itself.
///
/// `process_disabled` has nothing to carry; `process_carrier` has a context that is current in the handler, to be passed
/// on. The naive twins do the same with a dictionary and strings.
enum ProcessBenchmarks {
    static func run() async -> [Figure] {
        let target = MessageTarget(
            system: "kafka",
            destination: "orders",
            consumerGroup: "billing",
            clientID: "billing"
        )
        let empty = ContextCarrier()
        var carrier = ContextCarrier()
        carrier["traceparent"] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        carrier["tracestate"] = "vendor=opaque-value"
        carrier["baggage"] = "user=alice"
        let headers = Dictionary(uniqueKeysWithValues: carrier.fields.map { ($0.name, $0.value) })
        let carried = carrier

        let contest = Contest(entries: [
            .init(name: "bare") { count in
                for index in 0..<count { await handle(index) }
            },
            .init(name: "messaging.process_disabled") { count in
                for index in 0..<count {
                    await ProcessSpan(of: empty, from: target) { $0.id = "\(index)" }.run { await handle(index) }
                }
            },
            .init(name: "messaging.process_disabled_naive") { count in
                for index in 0..<count {
                    await NaiveProcess.run(topic: "orders", headers: [:], id: "\(index)") { await handle(index) }
                }
            },
            .init(name: "messaging.process_carrier") { count in
                for index in 0..<count {
                    await ProcessSpan(of: carried, from: target) { $0.id = "\(index)" }.run { await handle(index) }
                }
            },
            .init(name: "messaging.process_carrier_naive") { count in
                for index in 0..<count {
                    await NaiveProcess.run(topic: "orders", headers: headers, id: "\(index)") { await handle(index) }
                }
            },
        ])
        let figures = await contest.run()
        let bare = figures[0].value
        return figures.dropFirst().map { Figure(name: $0.name, value: $0.value - bare, unit: .nanoseconds) }
    }

    @inline(never)
    private static func handle(_ index: Int) async { blackHole(index) }
}

/// A span round a handler without a thought for speed: what a first attempt at tracing looks like.
private enum NaiveProcess {
    @TaskLocal static var context: [String: String] = [:]

    static func run<Success>(
        topic: String,
        headers: [String: String],
        id: String,
        _ operation: () async throws -> Success
    ) async rethrows -> Success {
        let attributes = ["messaging.system": "kafka", "messaging.destination.name": topic, "messaging.message.id": id]
        var context: [String: String] = [:]
        for name in ["traceparent", "tracestate", "baggage"] { context[name] = headers[name] }
        if let parent = context["traceparent"], NaiveTraceParent(parent) == nil { context = [:] }
        blackHole(attributes)
        return try await $context.withValue(context) { try await operation() }
    }
}
