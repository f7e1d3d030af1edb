// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TelemetryData
import Testing
import TraceContext
import TraceFlow

@testable import StitchCommand

@Suite("Spans that are read ahead")
struct PrefetchedSpansTests {
    /// Traces of ten spans; it counts those that it is asked for.
    private final class Source: FlowSource {
        private let count = Mutex(0)
        var asked: Int { count.withLock { $0 } }

        func spans(of traces: [TraceID]) async throws -> [SpanData] {
            count.withLock { $0 += traces.count }
            var spans: [SpanData] = []
            for trace in traces {
                for id in UInt64(1)...10 {
                    var span = Shop.span("work", of: 0, id, from: 0, for: 1, service: "shop")
                    span.context = SpanContext(traceID: trace, spanID: SpanID(bits: id), flags: .sampled)
                    spans.append(span)
                }
            }
            return spans
        }

        func backLinks(to traces: [TraceID], limit: Int) async throws -> BackLinks { BackLinks([], isTruncated: false) }
    }

    private func traces(_ numbers: Range<UInt64>) -> [TraceID] { numbers.map { TraceID(high: 1, low: $0 + 1) } }

    @Test("What is held is bounded, within one reading too; what is not held is read as it is asked for")
    func bound() async throws {
        let source = Source()
        let spans = PrefetchedSpans(source, mostSpans: 100)
        try await spans.prefetch(traces(0..<30))
        for trace in traces(0..<30) { #expect(try await spans.spans(of: [trace]).count == 10) }
        // Ten traces of the thirty were held.
        #expect(source.asked == 50)
        for trace in traces(0..<30) { #expect(try await spans.spans(of: [trace]).count == 10) }
        #expect(source.asked == 70)
        // The next ones have room again.
        try await spans.prefetch(traces(30..<40))
        #expect(try await spans.spans(of: traces(30..<40)).count == 100)
        #expect(source.asked == 80)
    }
}
