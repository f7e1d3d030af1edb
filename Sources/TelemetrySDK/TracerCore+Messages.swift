// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI

extension TracerCore: MessageSpanEnding {
    /// Whether a span on the target is within all limits, whatever it says.
    @inline(__always)
    func hasRoom(for prepared: Unmanaged<PreparedAttributes>) -> Bool {
        // The details are five.
        prepared._withUnsafeGuaranteedRef { $0.count <= spareAttributes }
    }

    @inline(__always)
    func end(_ span: borrowing MessageSpan, at time: Timestamp?) {
        let end = time ?? SpanClock.now(SpanClock.Offset(nanoseconds: span.clock))
        // What is not of the usual form, or has nowhere to be written at once, is built as any other.
        let isWritten = span.withPrepared { prepared in
            span.state == nil
                && write(upTo: prepared.byteCount &+ Self.mostOfMessage) { target in
                    var place = OutputBuffer.Place(target)
                    place.write(span, prepared, end: end)
                    return place.distance(from: target)
                }
        }
        if isWritten != true { self.end(span, status: .unset, at: end) { _ in } }
    }

    @inline(never)
    func end(
        _ span: borrowing MessageSpan,
        status: SpanStatus,
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    ) {
        let end = time ?? SpanClock.now(SpanClock.Offset(nanoseconds: span.clock))
        var builder = builder
        span.withPrepared { builder.attributes.merge($0, withName: true) }
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
