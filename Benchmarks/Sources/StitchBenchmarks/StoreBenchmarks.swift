// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetryData
import TraceFlow
import TraceStore

/// What it costs to keep spans, and to find them again.
///
/// Over ``StoreSample``; `STITCH_BENCH_SPANS` says how many, 300,000 unless told. Files are in `TMPDIR`, and in the page
/// cache when they are read.
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
        var figures: [Figure] = []
        let store = try FileSpanStore(TraceStoreConfiguration(directory: "\(path)/store"))
        var kept = Sampled()
        figures += try await ingest(count, into: store, &kept)
        figures.append(try BareSQLite.ingest(count, "\(path)/bare.db"))
        figures += try await read(store, kept)
        await store.shutdown()
        figures.append(try await restart("\(path)/restart"))
        return figures
    }

    /// Some of what was ingested, to be asked for.
    struct Sampled {
        var traces: [TraceID] = []
        var spans: [SpanData] = []
    }

    /// CPU time, in nanoseconds.
    private static func cpu(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }

    /// CPU of all threads; making the spans is not counted, but encoding, writing, indexing and sealing them are.
    private static func ingest(_ count: Int, into store: FileSpanStore, _ kept: inout Sampled) async throws -> [Figure]
    {
        var sample = StoreSample()
        var making = 0.0
        var done = 0
        let begin = cpu(CLOCK_PROCESS_CPUTIME_ID)
        while done < count {
            let thread = cpu(CLOCK_THREAD_CPUTIME_ID)
            let spans = sample.spans(min(batch, count - done))
            if done / batch % 10 == 0 {
                kept.traces.append(spans[0].traceID)
                kept.spans.append(spans[spans.count / 2])
            }
            making += cpu(CLOCK_THREAD_CPUTIME_ID) - thread
            try await store.append(spans)
            done += spans.count
        }
        try await store.seal()
        let spent = cpu(CLOCK_PROCESS_CPUTIME_ID) - begin - making
        let stored = try await store.statistics()
        return [
            Figure(name: "store.ingest", value: Double(done) / spent * 1e9, unit: .perSecond),
            Figure(
                name: "store.bytes_per_span",
                value: Double(stored.sealedByteCount) / Double(stored.sealedSpanCount),
                unit: .bytes
            ),
        ]
    }

    private static func read(_ store: FileSpanStore, _ kept: Sampled) async throws -> [Figure] {
        var figures: [Figure] = []
        let traces = kept.traces
        figures.append(
            try await p95("store.trace_get_p95", 1_000) {
                _ = try await store.spans(of: [traces[$0 * 7 % traces.count]])
            }
        )
        figures.append(
            try await p95("flow.assemble_1000", 50) { index in
                var spans: [SpanData] = []
                for step in 0..<20 {
                    let trace = traces[(index * 31 + step) % traces.count]
                    spans += try await store.spans(of: [trace])
                    _ = try await store.backLinks(to: [trace], limit: 1_000)
                }
                let index = SpanIndex(spans)
                blackHole(index.origins.first.map { index.flow(from: $0) })
            }
        )
        let samples = kept.spans
        func query(_ index: Int) -> SpanQuery {
            let sample = samples[index * 13 % samples.count]
            return switch index % 6 {
            case 0: SpanQuery(service: sample.resource.serviceName)
            case 1: SpanQuery(name: sample.name)
            case 2: SpanQuery(hasError: true)
            case 3: SpanQuery(minimumDuration: .milliseconds(150))
            case 4: SpanQuery(minimumWait: .seconds(80))
            default: SpanQuery(from: sample.start, to: sample.start.advanced(by: .seconds(1)))
            }
        }
        figures.append(
            try await p95("search.p95", 300) { _ = try await store.search(query($0), limit: 50, after: nil) }
        )
        figures.append(
            try await p95("search.attribute_p95", 300) { index in
                let sample = samples[index * 13 % samples.count]
                let elements = sample.attributes.elements
                let element = elements[index % elements.count]
                let query = SpanQuery(attributes: [.init(element.key, element.value.description)])
                _ = try await store.search(query, limit: 50, after: nil)
            }
        )
        // What no span is: every block is looked at, as far as its directory doesn't rule it out.
        figures.append(
            try await p95("search.exhaustive_p95", 20) { _ in
                let query = SpanQuery(
                    hasError: true,
                    minimumDuration: .milliseconds(100),
                    maximumDuration: .milliseconds(100)
                )
                _ = try await store.search(query, limit: 50, after: nil)
            }
        )
        return figures
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

    private static func p95(_ name: String, _ count: Int, _ body: (Int) async throws -> Void) async throws -> Figure {
        for index in 0..<min(20, count) { try await body(index) }
        var times: [Double] = []
        for index in 0..<count {
            let begin = ContinuousClock.now
            try await body(index)
            times.append(milliseconds(ContinuousClock.now - begin))
        }
        times.sort()
        return Figure(name: name, value: times[min(times.count - 1, times.count * 95 / 100)], unit: .milliseconds)
    }

    private static func milliseconds(_ duration: Duration) -> Double { duration / .milliseconds(1) }
}
