// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TelemetryAPI

/// Keeps what is said about one span until it ends, then hands it on, once.
final class SpanRecorder: SpanRecording {
    private let state: Mutex<RecordedSpan>
    private let core: TracerCore
    private let offset: SpanClock.Offset

    init(_ span: consuming sending RecordedSpan, offset: SpanClock.Offset, core: TracerCore) {
        state = Mutex(span)
        self.offset = offset
        self.core = core
    }

    var isRecording: Bool { state.withLock { !$0.isEnded } }

    func attribute(_ key: String) -> AttributeValue? {
        state.withLock { $0.builder.attributes[key] }
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
        state.withLock { span in
            if span.end(at: time ?? SpanClock.now(offset)) { core.ended(span) }
        }
    }

    private func change(_ change: (inout RecordedSpan) -> Void) {
        state.withLock { if !$0.isEnded { change(&$0) } }
    }
}
