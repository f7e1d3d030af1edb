// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI
import TelemetryData
import TelemetrySDK
import TraceContext

/// What the hand-over of finished spans stands: many tasks at once, as fast as they can or at a given pace.
enum BatchBenchmarks {
    private struct DiscardingExporter: SpanExporter {
        func export(_ batch: SpanBatch) throws {}
    }

    private struct Lost: Error {}

    private static let tasks = 8
    private static let rounds = 7

    /// A tracer and what takes its spans.
    private struct Setup {
        let processor: BatchSpanProcessor
        let tracer: any Tracer

        init(_ whenFull: FullQueue) {
            processor = BatchSpanProcessor(exporter: DiscardingExporter(), whenFull: whenFull)
            tracer = SDKTracer(resource: Resource(attributes: ["service.name": "bench"]), processor: processor)
        }
    }

    static func run() async throws -> [Figure] {
        var figures = try await floods()
        for (name, rate) in [("1m", 1_000_000.0), ("2m", 2_000_000.0)] { figures += await paced(name, rate) }
        return figures
    }

    /// As fast as they can: whoever ends a span waits when the queue is full, so that nothing is dropped.
    private static func floods() async throws -> [Figure] {
        let setup = Setup(.wait)
        let count = 400_000
        var one: [Double] = [], many: [Double] = [], messages: [Double] = []
        for _ in 0..<rounds {
            one.append(await time(setup, tasks: 1, count) { SDKBenchmarks.endSpan(by: $0, $1) })
            many.append(await time(setup, tasks: tasks, count / tasks) { SDKBenchmarks.endSpan(by: $0, $1) })
            messages.append(await time(setup, tasks: tasks, count / tasks) { SDKBenchmarks.endMessageSpan(by: $0, $1) })
        }
        guard setup.processor.counts.dropped == 0 else { throw Lost() }
        return [
            Figure(name: "sdk.span_8_tasks_vs_one", value: median(one) / median(many), unit: .ratio),
            Figure(name: "sdk.batch_throughput", value: Double(count) / median(messages), unit: .perSecond),
        ]
    }

    /// In how many seconds so many tasks end so many spans each, the flush included.
    private static func time(
        _ setup: Setup,
        tasks: Int,
        _ count: Int,
        _ end: @escaping @Sendable (any Tracer, Int) -> Void
    ) async -> Double {
        let elapsed = await ContinuousClock().measure {
            await withTaskGroup { group in
                for _ in 0..<tasks {
                    group.addTask { for index in 0..<count { end(setup.tracer, index) } }
                }
            }
            setup.processor.flush()
        }
        return elapsed / .seconds(1)
    }

    /// At a pace, in bursts of 64, with the queue as it is by default: the share that is kept, the worst of three, and the
    /// pace that was reached then.
    private static func paced(_ name: String, _ rate: Double) async -> [Figure] {
        var worst = (kept: 2.0, reached: 0.0)
        for _ in 0..<3 {
            let setup = Setup(.drop)
            let bursts = Int(rate / 2 / 64 / Double(tasks))
            let pause = Duration.seconds(64 * Double(tasks) / rate)
            let start = ContinuousClock.now
            await withTaskGroup { group in
                for _ in 0..<tasks { group.addTask { await end(bursts, every: pause, from: start, setup.tracer) } }
            }
            let seconds = start.duration(to: .now) / .seconds(1)
            setup.processor.shutdown()
            let counts = setup.processor.counts
            let kept = Double(counts.exported) / Double(counts.ended)
            if kept < worst.kept { worst = (kept, Double(counts.ended) / seconds) }
        }
        return [
            Figure(name: "sdk.batch_kept_\(name)", value: worst.kept, unit: .ratio),
            Figure(name: "sdk.batch_pace_\(name)", value: worst.reached, unit: .perSecond),
        ]
    }

    private static func end(
        _ bursts: Int,
        every pause: Duration,
        from start: ContinuousClock.Instant,
        _ tracer: any Tracer
    ) async {
        for burst in 0..<bursts {
            try? await Task.sleep(until: start + pause * burst, tolerance: .zero, clock: .continuous)
            for index in 0..<64 { SDKBenchmarks.endMessageSpan(by: tracer, index) }
        }
    }
}
