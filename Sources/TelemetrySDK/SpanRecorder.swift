// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TelemetryAPI

/// Keeps what is said about one span until it ends, then hands it on, once.
final class SpanRecorder: SpanRecording {
    private struct State {
        var data: SpanData
        var isEnded = false
    }

    private let state: Mutex<State>
    private let processor: any SpanProcessor
    private let limits: SpanLimits
    private let offset: SpanClock.Offset

    init(_ data: SpanData, limits: SpanLimits, offset: SpanClock.Offset, processor: any SpanProcessor) {
        state = Mutex(State(data: data))
        self.limits = limits
        self.offset = offset
        self.processor = processor
    }

    var isRecording: Bool { state.withLock { !$0.isEnded } }

    func attribute(_ key: String) -> AttributeValue? {
        state.withLock { $0.data.attributes[key] }
    }

    func setAttribute(_ key: String, _ value: AttributeValue?) {
        change { $0.attributes[key] = value }
    }

    func rename(_ name: String) {
        change { $0.name = name }
    }

    func addLink(_ link: SpanLink) {
        let limit = limits.links
        change { data in
            if data.links.count < limit { data.links.append(link) } else { data.droppedLinkCount += 1 }
        }
    }

    func addEvent(_ event: SpanEvent) {
        change { $0.events.append(event) }
    }

    func setStatus(_ status: SpanStatus) {
        change { if $0.status != .ok { $0.status = status } }
    }

    func end(at time: Timestamp?) {
        let finished = state.withLock { state -> SpanData? in
            guard !state.isEnded else { return nil }
            state.isEnded = true
            // Not before the start, whatever the clocks say.
            state.data.end = max(state.data.start, time ?? SpanClock.now(offset))
            return state.data
        }
        if let finished { processor.ended(finished) }
    }

    private func change(_ change: (inout SpanData) -> Void) {
        state.withLock { if !$0.isEnded { change(&$0.data) } }
    }
}
