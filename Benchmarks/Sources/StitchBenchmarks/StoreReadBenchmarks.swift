// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow
import TraceStore

/// What it takes to find spans again, all of which are sealed.
///
/// *Warm*: one store answers all, and its files are in the page cache. *Cold*: before each question the store is opened
/// anew, which leaves nothing of blocks, columns, traces or postings in the process, and then its files are dropped from the
/// page cache (``PageCache``). Opening is not part of the time. The host of a virtual machine may still hold the files.
///
/// `flow.assemble_1000` joins one of ``LongFlows`` from a span in its middle, up to its origin and down from there; some
/// of these flows for the first time. A figure is the median unless its name says `p95`.
/// `search.p95` asks for the newest fifty by each condition, `search.attribute_p95` for those that have one key and
/// value, cold; `search.exhaustive_p95` for what no span is, so that every block is looked at that its directory doesn't
/// rule out.
struct StoreReadBenchmarks {
    let directory: String
    private let traces: [TraceID]
    private let samples: [SpanData]
    private let flows: [SpanReference]

    init(directory: String, _ kept: StoreBenchmarks.Sampled) {
        self.directory = directory
        (traces, samples, flows) = (kept.traces, kept.spans, kept.flows)
    }

    func run() async throws -> [Figure] {
        var figures: [Figure] = []
        let store = try FileSpanStore(reading: directory)
        let get = try await warm(1_000) { _ = try await store.spans(of: [traces[$0 * 7 % traces.count]]) }
        figures.append(get.p95("store.trace_get_p95"))
        let assembly = try await warm(50) { try await assemble($0, store) }
        figures += [assembly.median("flow.assemble_1000"), assembly.p95("flow.assemble_1000_p95")]
        let coldAssembly = try await cold(30) { try await assemble($0, $1) }
        figures += [coldAssembly.median("flow.assemble_1000_cold"), coldAssembly.p95("flow.assemble_1000_cold_p95")]
        let search = try await warm(300) { _ = try await store.search(query($0), limit: 50, after: nil) }
        figures.append(search.p95("search.p95"))
        let coldSearch = try await cold(60) { _ = try await $1.search(query($0), limit: 50, after: nil) }
        figures.append(coldSearch.p95("search.p95_cold"))
        let attribute = try await cold(60) { index, store in
            let sample = samples[index * 13 % samples.count]
            let elements = sample.attributes.elements
            let element = elements[index % elements.count]
            let query = SpanQuery(attributes: [.init(element.key, element.value.description)])
            _ = try await store.search(query, limit: 50, after: nil)
        }
        figures.append(attribute.p95("search.attribute_p95"))
        let exhaustive = try await warm(20) { _ in
            let query = SpanQuery(
                hasError: true,
                minimumDuration: .milliseconds(100),
                maximumDuration: .milliseconds(100)
            )
            _ = try await store.search(query, limit: 50, after: nil)
        }
        figures.append(exhaustive.p95("search.exhaustive_p95"))
        await store.shutdown()
        return figures
    }

    private func assemble(_ index: Int, _ store: FileSpanStore) async throws {
        guard !flows.isEmpty else { return }
        let flow = try await store.flow(of: flows[index * 7 % flows.count])
        guard flow?.spans.count == LongFlows.spanCount else { throw LongFlows.Incomplete() }
    }

    private func query(_ index: Int) -> SpanQuery {
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

    private func warm(_ count: Int, _ body: (Int) async throws -> Void) async throws -> Times {
        for index in 0..<min(20, count) { try await body(index) }
        var times: [Double] = []
        for index in 0..<count { times.append(try await Self.time { try await body(index) }) }
        return Times(times)
    }

    private func cold(_ count: Int, _ body: (Int, FileSpanStore) async throws -> Void) async throws -> Times {
        var times: [Double] = []
        for index in 0..<count {
            let store = try FileSpanStore(reading: directory)
            try PageCache.drop(directory)
            times.append(try await Self.time { try await body(index, store) })
            await store.shutdown()
        }
        return Times(times)
    }

    /// How long each of several questions took, in milliseconds.
    private struct Times {
        private let sorted: [Double]

        init(_ times: [Double]) { sorted = times.sorted() }

        func median(_ name: String) -> Figure {
            Figure(name: name, value: StitchBenchmarks.median(sorted), unit: .milliseconds)
        }

        func p95(_ name: String) -> Figure {
            let place = min(sorted.count - 1, sorted.count * 95 / 100)
            return Figure(name: name, value: sorted[place], unit: .milliseconds)
        }
    }

    private static func time(_ body: () async throws -> Void) async rethrows -> Double {
        let begin = ContinuousClock.now
        try await body()
        return StoreBenchmarks.milliseconds(ContinuousClock.now - begin)
    }

    /// Joins a flow of 50,000 spans in a thousand and one traces, sealed and warm.
    static func largeFlow(_ directory: String) async throws -> Figure {
        let store = try FileSpanStore(TraceStoreConfiguration(directory: directory))
        let spans = LargeFlow.spans
        for first in stride(from: 0, to: spans.count, by: 1_000) {
            try await store.append(Array(spans[first..<min(first + 1_000, spans.count)]))
        }
        try await store.seal()
        var times: [Double] = []
        for _ in 0..<6 {
            times.append(
                try await time {
                    let flow = try await store.flow(of: spans[spans.count / 2].reference)
                    guard flow?.spans.count == spans.count else { throw LargeFlow.Incomplete() }
                }
            )
        }
        await store.shutdown()
        return Figure(name: "flow.assemble_50k", value: median(Array(times.dropFirst())), unit: .milliseconds)
    }
}
