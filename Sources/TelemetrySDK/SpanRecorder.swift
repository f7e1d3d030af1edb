// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TelemetryAPI

/// Keeps what is said about one span until it ends, then hands it on, once.
final class SpanRecorder: SpanRecording {
    private struct State {
        var span: LimitedSpan
        var isEnded = false
    }

    private let state: Mutex<State>
    private let processor: any SpanProcessor
    private let notice: DropNotice
    private let offset: SpanClock.Offset

    init(_ span: LimitedSpan, offset: SpanClock.Offset, processor: any SpanProcessor, notice: DropNotice) {
        state = Mutex(State(span: span))
        self.offset = offset
        self.processor = processor
        self.notice = notice
    }

    var isRecording: Bool { state.withLock { !$0.isEnded } }

    func attribute(_ key: String) -> AttributeValue? {
        state.withLock { $0.span.data.attributes[key] }
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
        change { $0.addEvent(event) }
    }

    func setStatus(_ status: SpanStatus) {
        change { $0.setStatus(status) }
    }

    func end(at time: Timestamp?) {
        let finished = state.withLock { state -> LimitedSpan? in
            guard !state.isEnded else { return nil }
            state.isEnded = true
            state.span.end(at: time ?? SpanClock.now(offset))
            return state.span
        }
        guard let finished else { return }
        notice.tell(of: finished)
        processor.ended(finished.data)
    }

    private func change(_ change: (inout LimitedSpan) -> Void) {
        state.withLock { if !$0.isEnded { change(&$0.span) } }
    }
}
