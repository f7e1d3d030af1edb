// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TelemetryAPI

/// Keeps what is said about one span until it ends, then hands it on, once.
final class SpanRecorder: SpanKeeping, SpanRecording {
    let context: SpanContext
    private let span: Mutex<RecordedSpan>
    private let core: TracerCore
    private let offset: SpanClock.Offset

    init(_ context: SpanContext, _ span: consuming sending RecordedSpan, offset: SpanClock.Offset, core: TracerCore) {
        self.context = context
        self.span = Mutex(span)
        self.offset = offset
        self.core = core
    }

    var traceID: TraceID { context.traceID }

    var recorder: (any SpanRecording)? { self }

    var isRecording: Bool { span.withLock { !$0.isEnded } }

    func attribute(_ key: String) -> AttributeValue? {
        span.withLock { $0.builder.attributes[key] }
    }

    func setAttribute(_ key: String, _ value: AttributeValue?) {
        change { $0.setAttribute(key, value) }
    }

    func rename(_ name: String) {
        change { $0.rename(name) }
    }

    func addLink(_ link: SpanLink) {
        change { $0.addLink(link) }
    }

    func addEvent(_ event: SpanEvent) {
        change { $0.addEvent(event, core.limits) }
    }

    func setStatus(_ status: SpanStatus) {
        change { $0.setStatus(status) }
    }

    func end(at time: Timestamp?) {
        let time = time ?? SpanClock.now(offset)
        // Nobody changes a span that has ended, so that it is copied without the lock.
        if let ended = span.withLock({ $0.end(at: time) ? $0.ended : nil }) { core.ended(ended) }
    }

    private func change(_ change: (inout RecordedSpan) -> Void) {
        span.withLock { if !$0.isEnded { change(&$0) } }
    }
}
