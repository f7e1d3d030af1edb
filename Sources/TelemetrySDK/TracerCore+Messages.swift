// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI

extension TracerCore: MessageSpanEnding {
    /// Whether a span on the target is within all limits, whatever it says.
    @inline(__always)
    func hasRoom(for prepared: PreparedAttributes) -> Bool {
        // The details are five.
        prepared.count <= spareAttributes
    }

    func end(_ span: borrowing MessageSpan, at time: Timestamp?) {
        let end = time ?? SpanClock.now(SpanClock.Offset(nanoseconds: span.clock))
        // What is not of the usual form, or has nowhere to be written at once, is built as any other.
        guard span.context.state.isEmpty,
            write(
                upTo: span.prepared.byteCount &+ Self.mostOfMessage,
                { target in
                    var place = OutputBuffer.Place(target)
                    place.write(span, end: end)
                    return place.distance(from: target)
                }
            )
        else {
            return self.end(span, status: .unset, at: end) { _ in }
        }
    }

    func end(
        _ span: borrowing MessageSpan,
        status: SpanStatus,
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    ) {
        let end = time ?? SpanClock.now(SpanClock.Offset(nanoseconds: span.clock))
        var builder = builder
        builder.attributes.merge(span.prepared, withName: true)
        span.details.fill(&builder)
        if let link = span.link { builder.addLink(link.context, role: link.role) }
        build(&builder)
        var recorded = RecordedSpan(span.context, "", span.kind, parent: span.parent, start: span.start, builder)
        recorded.setStatus(status)
        if recorded.end(at: end) { ended(recorded) }
    }

    /// How many bytes there are at most beside what is prepared: ids and times 75, five details 240, a link 80.
    private static var mostOfMessage: Int { 400 }
}
