// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchOTLP
import TelemetryData
import TraceFlow
import TraceStore

/// What it costs to keep spans, and to find them again.
///
/// Over ``StoreSample``; `STITCH_BENCH_SPANS` says how many, 300,000 unless told, and `store.spans` says how many there
/// were; 10,000,000 take about a gigabyte in `TMPDIR`. ``StoreReadBenchmarks`` says how reading is measured.
enum StoreBenchmarks: BenchmarkGroup {
    static let name = "store"

    private static let batch = 1_000

    static func run() async throws -> [Figure] {
        let count = ProcessInfo.processInfo.environment["STITCH_BENCH_SPANS"].flatMap { Int($0) } ?? 300_000
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "stitch-bench-\(UInt32.random(in: 0 ... .max))"
        )
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.path
        var figures = [Figure(name: "store.spans", value: Double(count), unit: .count)]
        let store = try FileSpanStore(TraceStoreConfiguration(directory: "\(path)/store"))
        let flows = LongFlows(among: count / batch)
        var kept = Sampled(flows: (0..<flows.count).map { flows.middle(of: $0) })
        figures += try await ingest(count, with: flows, into: store, &kept)
        await store.shutdown()
        // It takes ten times as much room, and more spans make no difference.
        figures.append(try BareSQLite.ingest(min(count, 300_000), "\(path)/bare.db"))
        try FileManager.default.removeItem(atPath: "\(path)/bare.db")
        figures += try await StoreReadBenchmarks(directory: "\(path)/store", kept).run()
        figures.append(try await StoreReadBenchmarks.largeFlow("\(path)/flow"))
        figures.append(try await restart("\(path)/restart"))
        return figures
    }

    /// Some of what was ingested, to be asked for.
    struct Sampled {
        var traces: [TraceID] = []
        var spans: [SpanData] = []
        var flows: [SpanReference]
    }

    /// CPU time, in nanoseconds.
    private static func cpu(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }

    /// CPU of all threads from received bytes to sealed spans; making the bytes, as a sender does, is not counted.
    private static func ingest(
        _ count: Int,
        with flows: LongFlows,
        into store: FileSpanStore,
        _ kept: inout Sampled
    ) async throws -> [Figure] {
        var sample = StoreSample()
        var making = 0.0
        var (done, number, arrived) = (0, 0, 0)
        let begin = cpu(CLOCK_PROCESS_CPUTIME_ID)
        while done < count {
            let thread = cpu(CLOCK_THREAD_CPUTIME_ID)
            let message = message(&sample, min(batch, count - done), flows, number, &kept)
            making += cpu(CLOCK_THREAD_CPUTIME_ID) - thread
            let received = try message.withUnsafeBytes { try ReceivedSpans(otlp: $0) }
            try await store.append(received)
            (done, number, arrived) = (done + batch, number + 1, arrived + received.count)
        }
        try await store.seal()
        let spent = cpu(CLOCK_PROCESS_CPUTIME_ID) - begin - making
        let stored = try await store.statistics()
        return [
            Figure(name: "store.ingest", value: Double(arrived) / spent * 1e9, unit: .perSecond),
            Figure(
                name: "store.bytes_per_span",
                value: Double(stored.sealedByteCount) / Double(stored.sealedSpanCount),
                unit: .bytes
            ),
        ]
    }

    /// The bytes of a request with so many spans more; the spans themselves are gone when it returns.
    private static func message(
        _ sample: inout StoreSample,
        _ count: Int,
        _ flows: LongFlows,
        _ number: Int,
        _ kept: inout Sampled
    ) -> [UInt8] {
        let spans = sample.spans(count)
        if number % 10 == 0 {
            kept.traces.append(spans[0].traceID)
            kept.spans.append(spans[spans.count / 2])
        }
        return OTLP.encode(spans + flows.spans(with: number, &sample))
    }

    /// How long it takes to open a store whose open partition is full.
    private static func restart(_ path: String) async throws -> Figure {
        let configuration = TraceStoreConfiguration(directory: path, sealingCount: 1_000_000)
        let store = try FileSpanStore(configuration)
        var sample = StoreSample()
        for _ in 0..<249 { try await store.append(sample.spans(batch)) }
        await store.shutdown()
        var times: [Double] = []
        for _ in 0..<3 {
            let begin = ContinuousClock.now
            let opened = try FileSpanStore(configuration)
            times.append(milliseconds(ContinuousClock.now - begin))
            await opened.shutdown()
        }
        return Figure(name: "store.restart", value: median(times), unit: .milliseconds)
    }

    static func milliseconds(_ duration: Duration) -> Double { duration / .milliseconds(1) }
}
