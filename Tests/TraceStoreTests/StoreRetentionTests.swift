// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import TelemetryData
import Testing
import TraceContext
import TraceFlow

@testable import TraceStore

@Suite("What a store keeps")
struct StoreRetentionTests {
    /// A clock that is set by hand.
    private final class Clock: Sendable {
        private let time = Mutex(Timestamp(nanoseconds: 1_700_000_000_000_000_000))

        var now: Timestamp { time.withLock { $0 } }
        func advance(_ duration: Duration) { time.withLock { $0 = $0.advanced(by: duration) } }
    }

    private func store(_ directory: String, _ clock: Clock, _ change: (inout TraceStoreConfiguration) -> Void) throws
        -> FileSpanStore
    {
        var configuration = TraceStoreConfiguration(directory: directory)
        change(&configuration)
        return try FileSpanStore(configuration, .writing, now: { clock.now })
    }

    /// Flows of three traces each, from an origin over links, whose traces lie in three partitions.
    private func flows(_ count: Int) -> [[SpanData]] {
        var samples = SampleSpans(seed: 40)
        return (0..<count).map { flow in
            var spans: [SpanData] = []
            for step in 0..<3 {
                let trace = TraceID(high: samples.next(), low: UInt64(flow) << 8 | UInt64(step) | 1 << 40)
                var span = samples.span(of: trace, nil, at: UInt64(flow) * 1_000_000, spans.last?.context)
                span.status = .unset
                span.attributes["stitch.wait"] = nil
                spans.append(span)
            }
            return spans
        }
    }

    private func fill(_ store: FileSpanStore, _ flows: [[SpanData]]) async throws {
        for step in 0..<3 {
            try await store.append(flows.map { $0[step] })
            try await store.seal()
        }
    }

    @Test("Flows that meet a rule are kept whole, over partitions; the others go whole", arguments: 0..<4)
    func rules(_ reason: Int) async throws {
        var flows = flows(40)
        for flow in stride(from: 0, to: 40, by: 4) {
            // In the first, the middle or the last of their traces.
            let step = flow / 4 % 3
            Self.change(&flows[flow][step]) { span in
                switch reason {
                case 0: span.status = .error("failed")
                case 1:
                    span.attributes["messaging.operation.type"] = "process"
                    span.attributes["stitch.job.attempt"] = 2
                case 2: span.attributes["stitch.settle.reason"] = "dead"
                default: span.end = span.start.advanced(by: .seconds(9))
                }
            }
        }
        let built = flows
        try await withDirectory { directory in
            let clock = Clock()
            let store = try store(directory, clock) { configuration in
                configuration.retention = TraceRetention(after: .seconds(60), minimumDuration: .seconds(5), share: 0)
            }
            try await fill(store, built)
            #expect(try await store.all().count == 120)
            clock.advance(.seconds(61))
            try await store.maintain()
            let expected = stride(from: 0, to: 40, by: 4).flatMap { built[$0] }
            #expect(sorted(try await store.all()) == sorted(expected))
            // Also after a start, and by a search.
            await store.shutdown()
            let opened = try self.store(directory, clock) { _ in }
            #expect(sorted(try await opened.search(SpanQuery(), limit: 999, after: nil).spans) == sorted(expected))
            await opened.shutdown()
        }
    }

    @Test("A share of flows is kept, each whole or not at all, even where parts get old one after another")
    func share() async throws {
        let flows = flows(200)
        try await withDirectory { directory in
            let clock = Clock()
            let store = try store(directory, clock) { configuration in
                configuration.retention = TraceRetention(after: .seconds(60), share: 0.3)
            }
            for step in 0..<3 {
                try await store.append(flows.map { $0[step] })
                try await store.seal()
                clock.advance(.seconds(40))
                try await store.maintain()
            }
            clock.advance(.seconds(61))
            try await store.maintain()
            let kept = Set(try await store.all().map(\.reference))
            let counts = flows.map { flow in flow.count { kept.contains($0.reference) } }
            #expect(counts.allSatisfy { $0 == 0 || $0 == 3 })
            #expect((30...90).contains(counts.count { $0 == 3 }))
            await store.shutdown()
        }
    }

    @Test("Whatever is older than allowed is gone")
    func age() async throws {
        let flows = flows(10)
        try await withDirectory { directory in
            let clock = Clock()
            let store = try store(directory, clock) { $0.maximumAge = .seconds(100) }
            try await store.append(flows.map { $0[0] })
            clock.advance(.seconds(60))
            try await store.seal()
            try await store.append(flows.map { $0[1] })
            clock.advance(.seconds(60))
            try await store.seal()
            #expect(try await store.all().count == 20)
            clock.advance(.seconds(50))
            try await store.maintain()
            #expect(sorted(try await store.all()) == sorted(flows.map { $0[1] }))
            clock.advance(.seconds(60))
            try await store.maintain()
            #expect(try await store.all() == [])
            await store.shutdown()
        }
    }

    @Test("When there is too much the oldest goes, and a flow that goes on later stays whole")
    func size() async throws {
        let flows = flows(60)
        try await withDirectory { directory in
            let clock = Clock()
            let store = try store(directory, clock) { $0.maximumSize = 20_000 }
            // Half of the flows end in the first partition, the others go on in the second.
            try await store.append(flows.flatMap { $0[0..<2] } + flows[..<30].map { $0[2] })
            try await store.seal()
            try await store.append(flows[30...].map { $0[2] })
            try await store.seal()
            var samples = SampleSpans(seed: 41)
            try await store.append(samples.spans(traces: 5))
            try await store.seal()
            let kept = Set(try await store.all().map(\.reference))
            let counts = flows.map { flow in flow.count { kept.contains($0.reference) } }
            #expect(counts.allSatisfy { $0 == 0 || $0 == 3 })
            #expect(kept.count < 185)
            await store.shutdown()
        }
    }

    @Test("A flow that never ends doesn't let the store grow")
    func endless() async throws {
        try await withDirectory { directory in
            let clock = Clock()
            let store = try store(directory, clock) { $0.maximumSize = 60_000 }
            var samples = SampleSpans(seed: 42)
            let trace = TraceID(high: 1, low: 1)
            var largest = 0
            for part in 0..<40 {
                // All of one trace, and each sealed for itself.
                let spans = (0..<100).map { samples.span(of: trace, nil, at: UInt64(part * 100 + $0) * 1_000_000, nil) }
                try await store.append(spans)
                try await store.seal()
                largest = max(largest, try await store.statistics().sealedByteCount)
            }
            #expect(largest < 120_000)
            await store.shutdown()
        }
    }

    private static func change(_ span: inout SpanData, _ body: (inout SpanData) -> Void) { body(&span) }

    @Test("What was sealed stays so where the rules can't be applied right after, and they are applied later")
    func failure() async throws {
        let flows = flows(60)
        let spans = flows.map { $0[0] }
        try await withDirectory { directory in
            let clock = Clock()
            let store = try store(directory, clock) { $0.retention = TraceRetention(after: .zero, share: 0.5) }
            // The partition can't be written anew: there is a directory where the new file would begin.
            let obstacle = "\(directory)/seg-1-1.seal.tmp"
            try FileManager.default.createDirectory(atPath: obstacle, withIntermediateDirectories: false)
            try await store.append(spans)
            try await store.seal()
            #expect(sorted(try await store.all()) == sorted(spans))
            let statistics = try await store.statistics()
            #expect(statistics.sealedPartitionCount == 1 && statistics.openSpanCount == 0)
            #expect(try await store.damagedFiles == [])
            await #expect(throws: StoreError.self) { try await store.maintain() }
            await store.shutdown()
            // It is there at the next start too, and goes on.
            let again = try self.store(directory, clock) { $0.retention = TraceRetention(after: .zero, share: 0.5) }
            #expect(sorted(try await again.all()) == sorted(spans))
            #expect(try await again.damagedFiles == [])
            try FileManager.default.removeItem(atPath: obstacle)
            try await again.maintain()
            let kept = try await again.all()
            #expect(!kept.isEmpty && kept.count < spans.count)
            await again.shutdown()
        }
    }
}
