// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Synchronization
import TelemetryData
import Testing
import TraceFlow

@testable import TraceStore

@Suite("Reading beside writing")
struct StoreReadingTests {
    /// Holds the first who passes, on a thread of its own.
    private final class Gate: Sendable {
        private let state = Mutex(false)
        private let opening = DispatchSemaphore(value: 0)
        private let (arrivals, arrival) = AsyncStream<Void>.makeStream()

        @Sendable func pass() {
            let isFirst = state.withLock { hasPassed in
                defer { hasPassed = true }
                return !hasPassed
            }
            guard isFirst else { return }
            arrival.yield()
            opening.wait()
        }

        func waitForArrival() async { for await _ in arrivals { return } }
        func open() { opening.signal() }
    }

    @Test("Commits, seals and rules go on while a search is held, which sees what there was as it began")
    func heldSearch() async throws {
        try await withDirectory { directory in
            var samples = SampleSpans(seed: 60)
            let (sealed, open, later) = (
                samples.spans(traces: 40), samples.spans(traces: 20), samples.spans(traces: 20)
            )
            let gate = Gate()
            var configuration = TraceStoreConfiguration(directory: directory)
            // All but the newest file goes.
            configuration.maximumSize = 1
            let store = try FileSpanStore(configuration, .writing, now: { .now }, midway: gate.pass)
            try await store.append(sealed)
            try await store.seal()
            try await store.append(open)
            async let held = store.search(SpanQuery(), limit: 9_999, after: nil)
            await gate.waitForArrival()
            try await store.append(later)
            // Copies of what the search is still to read.
            try await store.append(
                sealed.map { span in
                    var span = span
                    span.name = "renamed"
                    return span
                }
            )
            #expect(
                try await store.search(SpanQuery(name: "renamed"), limit: 9_999, after: nil).spans.count == sealed.count
            )
            try await store.seal()
            #expect(try await store.statistics().sealedPartitionCount == 1)
            #expect(!FileManager.default.fileExists(atPath: "\(directory)/seg-1-0.seal"))
            gate.open()
            let page = try await held
            #expect(sorted(page.spans) == sorted(sealed + open))
            await store.shutdown()
        }
    }

    @Test("Reading all of a store gives what there was as it began, whatever is sealed and dropped meanwhile")
    func heldReading() async throws {
        try await withDirectory { directory in
            var samples = SampleSpans(seed: 61)
            let spans = samples.spans(traces: 600)
            var configuration = TraceStoreConfiguration(directory: directory)
            configuration.maximumSize = 1
            let store = try FileSpanStore(configuration)
            try await store.append(Array(spans.prefix(1_500)))
            try await store.seal()
            try await store.append(Array(spans.dropFirst(1_500)))
            var found: [SpanData] = []
            try await store.read { chunk in
                if found.isEmpty {
                    try await store.seal()
                    try await store.append(samples.spans(traces: 5))
                    try await store.seal()
                }
                found += chunk
            }
            #expect(sorted(found) == sorted(spans))
            await store.shutdown()
        }
    }

    @Test("Links are found of spans that have so many that they fill blocks, inside a file and out of it")
    func manyLinks() async throws {
        try await withDirectory { directory in
            var samples = SampleSpans(seed: 63)
            let targets = samples.spans(traces: 60)
            let outside = (0..<50).map { _ in samples.context() }
            var spans = samples.spans(traces: 40)
            for index in spans.indices {
                let inside = (0..<40).map { targets[(index * 7 + $0) % targets.count].context }
                spans[index].links = (inside + outside.prefix(index % 50)).map { SpanLink($0) }
            }
            let store = try FileSpanStore(TraceStoreConfiguration(directory: directory))
            try await store.append(targets + spans)
            try await store.seal()
            let expected = (targets + spans).flatMap { span in
                span.links.map { BackLinks.Link(target: SpanReference($0.context), source: span.reference) }
            }
            for trace in Set(expected.map(\.target.traceID)) {
                let found = try await store.backLinks(to: [trace], limit: 100_000)
                #expect(Set(found.links) == Set(expected.filter { $0.target.traceID == trace }))
            }
            await store.shutdown()
        }
    }

    @Test("More searches at a time than there are threads for are all answered")
    func manySearches() async throws {
        try await withDirectory { directory in
            var samples = SampleSpans(seed: 62)
            let spans = samples.spans(traces: 60)
            let store = try FileSpanStore(TraceStoreConfiguration(directory: directory))
            try await store.append(spans)
            try await store.seal()
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<50 {
                    group.addTask { try await store.search(SpanQuery(), limit: 9_999, after: nil).spans.count }
                }
                for try await count in group { #expect(count == spans.count) }
            }
            await store.shutdown()
            let error = await #expect(throws: StoreError.self) {
                _ = try await store.search(SpanQuery(), limit: 1, after: nil)
            }
            #expect(error?.code == .closed)
        }
    }
}
