// SPDX-License-Identifier: Apache-2.0

import Stitch

/// What it costs to measure once: the way to the instrument, the set of attributes, the sum, the exemplar.
///
/// By an instrument that is asked for each time and five attributes that are there already, in a sampled span.
enum MetricsBenchmarks: BenchmarkGroup {
    static let name = "metrics"

    private struct Disagreement: Error {}

    private static let sent = Counter.Description(
        "messaging.client.sent.messages",
        unit: "{message}",
        description: "How many messages were sent."
    )
    private static let duration = Histogram.Description(
        "messaging.process.duration",
        unit: "s",
        description: "How long work took.",
        boundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
    )
    private static let context = SpanContext(
        traceID: TraceID(high: 1, low: 2),
        spanID: SpanID(bits: 3),
        flags: .sampled
    )

    /// Of sixteen partitions, as a consumer measures them.
    private static let attributes: [Attributes] = (0..<16).map {
        [
            "messaging.system": "kafka", "messaging.operation.name": "process",
            "messaging.destination.name": "orders", "messaging.consumer.group.name": "billing",
            "messaging.destination.partition.id": .string("\($0)"),
        ]
    }

    static func run() async throws -> [Figure] {
        let meter = SDKMeter(resource: Resource())
        let naive = NaiveMeter()
        let adding = Contest(entries: [
            entry("counter_add", meter, add), entry("counter_add_naive", naive, add),
            entry("counter_add_8_tasks", meter, tasks: 8, add),
            entry("counter_add_8_tasks_naive", naive, tasks: 8, add),
        ])
        let recording = Contest(entries: [
            entry("histogram_record", meter, record), entry("histogram_record_naive", naive, record),
            entry("histogram_record_8_tasks", meter, tasks: 8, record),
            entry("histogram_record_8_tasks_naive", naive, tasks: 8, record),
        ])
        try agree()
        return try await adding.run() + recording.run() + [
            allocations("counter_add_allocations", meter, add),
            allocations("histogram_record_allocations", meter, record),
        ]
    }

    private static func entry(
        _ name: String,
        _ meter: any Meter,
        tasks: Int = 1,
        _ body: @escaping @Sendable (any Meter, Int) -> Void
    ) -> Contest.Entry {
        .init(name: "metrics.\(name)") { count in
            await withTaskGroup { group in
                for _ in 0..<tasks { group.addTask { body(meter, (count + tasks - 1) / tasks) } }
            }
        }
    }

    private static func allocations(
        _ name: String,
        _ meter: any Meter,
        _ body: (any Meter, Int) -> Void
    ) throws -> Figure {
        Figure(name: "metrics.\(name)", value: try Allocations.perExecution { body(meter, $0) }, unit: .count)
    }

    @Sendable
    private static func add(_ meter: any Meter, _ count: Int) {
        let attributes = attributes
        for index in 0..<count { meter.counter(sent).add(1, in: context) { $0 = attributes[index & 15] } }
    }

    @Sendable
    private static func record(_ meter: any Meter, _ count: Int) {
        let attributes = attributes
        for index in 0..<count {
            meter.histogram(duration).record(Double(index & 1023) / 128, in: context) { $0 = attributes[index & 15] }
        }
    }

    /// Both have to add up the same.
    private static func agree() throws {
        let meter = SDKMeter(resource: Resource())
        let naive = NaiveMeter()
        record(meter, 5000)
        record(naive, 5000)
        guard case .histogram(let points, _) = meter.collect().first?.content, points.count == 16,
            points.reduce(0, { $0 + $1.sum }) == naive.total(of: duration.instrument)
        else { throw Disagreement() }
    }
}
