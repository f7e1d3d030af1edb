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
                // Waits begin no earlier than 1970.
                let start = 1_700_000_000_000_000_000 + UInt64(flow) * 1_000_000
                var span = samples.span(of: trace, nil, at: start, spans.last?.context)
                span.status = .unset
                span.attributes["stitch.wait"] = nil
                for index in span.links.indices { span.links[index].attributes = ["stitch.link": "creation"] }
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

    /// What is the matter with a flow that is kept, and the rule for it alone.
    enum Matter: CaseIterable {
        case error, jobRetry, messageRetry, batchRetry, deadJob, exhausted, refused, wait, batchWait, duration

        func mark(_ span: inout SpanData) {
            func link(_ attributes: Attributes) {
                span.attributes["messaging.operation.type"] = "process"
                let context = SpanContext(traceID: span.traceID, spanID: SpanID(bits: 77))
                span.links.append(SpanLink(context, attributes: attributes))
            }
            switch self {
            case .error: span.status = .error("failed")
            case .jobRetry:
                span.attributes.merge(["messaging.operation.type": "process", "stitch.job.attempt": 2])
            case .messageRetry:
                span.attributes.merge(["messaging.operation.type": "process", "stitch.message.attempt": 2])
            case .batchRetry: link(["stitch.link": "creation", "stitch.message.attempt": 3])
            case .deadJob: span.attributes["stitch.settle.reason"] = "dead"
            case .exhausted: span.attributes["stitch.move.reason"] = "exhausted"
            case .refused: span.attributes["stitch.move.reason"] = "refused"
            case .wait: span.attributes["stitch.wait"] = 4.0
            case .batchWait: link(["stitch.link": "creation", "stitch.wait": 4.0])
            case .duration: span.end = span.start.advanced(by: .seconds(9))
            }
        }

        var rule: TraceRetention {
            var rule = TraceRetention(
                after: .seconds(60),
                keepsErrors: self == .error,
                keepsRetries: [.jobRetry, .messageRetry, .batchRetry].contains(self),
                keepsDeadLetters: [.deadJob, .exhausted, .refused].contains(self),
                share: 0
            )
            if [.wait, .batchWait].contains(self) { rule.minimumWait = .seconds(3) }
            if self == .duration { rule.minimumDuration = .seconds(5) }
            return rule
        }
    }

    @Test("Flows that meet a rule are kept whole, over partitions; the others go whole", arguments: Matter.allCases)
    func rules(_ matter: Matter) async throws {
        var flows = flows(40)
        for flow in stride(from: 0, to: 40, by: 4) {
            // In the first, the middle or the last of their traces.
            matter.mark(&flows[flow][flow / 4 % 3])
        }
        // Neither a first attempt nor a move to be tried again, nor a short wait, is a reason.
        flows[1][0].attributes.merge(["messaging.operation.type": "process", "stitch.job.attempt": 1])
        flows[2][1].attributes["stitch.move.reason"] = "retry"
        flows[3][2].attributes["stitch.wait"] = 2.9
        let built = flows
        try await withDirectory { directory in
            let clock = Clock()
            let store = try store(directory, clock) { configuration in
                configuration.retention = matter.rule
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
