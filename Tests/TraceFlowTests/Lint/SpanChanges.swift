// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Changes to spans whose ids are unique over all traces.
extension [SpanData] {
    private func place(_ name: String, _ number: Int) -> Int? {
        let places = indices.filter { self[$0].name == name }
        return places.indices.contains(number) ? places[number] : nil
    }

    /// Changes one of the spans of that name.
    mutating func change(_ name: String, _ number: Int = 3, _ body: (inout SpanData) -> Void) {
        if let place = place(name, number) { body(&self[place]) }
    }

    /// Makes one of the spans of that name the root of a trace of its own, and takes its links away, as if nothing had come
    /// with what it works on.
    mutating func detach(_ name: String, _ number: Int) {
        guard let place = place(name, number) else { return }
        move(place, to: TraceID(high: 7, low: self[place].spanID.bits), parent: nil)
        self[place].links = []
    }

    /// Makes one of the spans of that name a child of another.
    mutating func move(_ name: String, _ number: Int, under parent: SpanData) {
        if let place = place(name, number) { move(place, to: parent.traceID, parent: parent.spanID) }
    }

    private mutating func move(_ place: Int, to trace: TraceID, parent: SpanID?) {
        self[place].parentSpanID = parent
        var moved: Set<SpanID> = [self[place].spanID]
        // Children come after their parents.
        for span in self { if let parent = span.parentSpanID, moved.contains(parent) { moved.insert(span.spanID) } }
        for index in indices {
            if moved.contains(self[index].spanID) { self[index].context.traceID = trace }
            for link in self[index].links.indices where moved.contains(self[index].links[link].spanID) {
                self[index].links[link].context.traceID = trace
            }
        }
    }
}
