// SPDX-License-Identifier: Apache-2.0

import Stitch
import Synchronization

/// Keeps the spans of a short program, and prints them: a number for each, and whom it belongs to.
final class SpanPrinter: SpanProcessor {
    private let spans = Mutex<[SpanData]>([])

    func ended(_ span: SpanData) { spans.withLock { $0.append(span) } }

    func printSpans() {
        let spans = spans.withLock { $0 }.sorted { $0.start < $1.start }
        func number(_ id: SpanID) -> String {
            spans.firstIndex { $0.spanID == id }.map { "#\($0 + 1)" } ?? "a span elsewhere"
        }
        var traces: [TraceID] = []
        for span in spans {
            if !traces.contains(span.traceID) { traces.append(span.traceID) }
            let trace = traces.firstIndex(of: span.traceID).map { "trace \($0 + 1)" } ?? ""
            var relations = span.parentSpanID.map { ["child of \(number($0))"] } ?? []
            if !span.links.isEmpty {
                relations.append("linked to " + span.links.map { number($0.spanID) }.joined(separator: ", "))
            }
            if let offset = span.attributes["messaging.kafka.offset"] { relations.append("offset \(offset)") }
            print("\(number(span.spanID))  \(trace)  \(span.name)  \(relations.joined(separator: "; "))")
        }
    }
}
