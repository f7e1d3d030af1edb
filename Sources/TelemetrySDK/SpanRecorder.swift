// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TelemetryAPI

/// Keeps what is said about one span until it ends, then hands it on, once.
final class SpanRecorder: SpanKeeping, SpanRecording {
    let context: SpanContext
    private let span: Mutex<RecordedSpan>
    private let offset: SpanClock.Offset

    // Kept alive by `owner`, an object that the spans of few threads have in common.
    private let coreReference: Unmanaged<TracerCore>
    private let owner: any AnyObject & Sendable

    init(
        _ context: SpanContext,
        _ span: consuming sending RecordedSpan,
        offset: SpanClock.Offset,
        core: TracerCore,
        keptBy owner: any AnyObject & Sendable
    ) {
        self.context = context
        self.span = Mutex(span)
        self.offset = offset
        coreReference = .passUnretained(core)
        self.owner = owner
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
        let limits = coreReference._withUnsafeGuaranteedRef { $0.limits }
        // By the span's own clock: the system's may be ahead of it or behind, and events would be outside their span.
        let event = event.timed(by: SpanClock.now(offset))
        change { $0.addEvent(event, limits) }
    }

    func setStatus(_ status: SpanStatus) {
        change { $0.setStatus(status) }
    }

    func end(at time: Timestamp?) {
        let time = time ?? SpanClock.now(offset)
        // Nobody changes a span that has ended, so that it is copied without the lock.
        guard let ended = span.withLock({ $0.end(at: time) ? $0.ended : nil }) else { return }
        coreReference._withUnsafeGuaranteedRef { $0.ended(ended) }
    }

    private func change(_ change: (inout RecordedSpan) -> Void) {
        span.withLock { if !$0.isEnded { change(&$0) } }
    }
}
