// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI

extension TracerCore: MessageSpanEnding {
    /// Whether a span on the target is within all limits, whatever it says.
    @inline(__always)
    func hasRoom(for prepared: Unmanaged<PreparedAttributes>) -> Bool {
        // Beside what a span says of its message.
        prepared._withUnsafeGuaranteedRef { $0.count <= spareAttributes }
    }

    @inline(__always)
    func end(_ span: borrowing MessageSpan, at time: Timestamp?) {
        let end = time ?? SpanClock.now(SpanClock.Offset(nanoseconds: span.clock))
        if !write(span, end: end, key: UnsafeRawBufferPointer(start: nil, count: 0), MessageReceipt()) {
            self.end(span, status: .unset, event: nil, at: end) { _ in }
        }
    }

    func end(
        _ span: borrowing MessageSpan,
        at time: Timestamp?,
        key: UnsafeRawBufferPointer?,
        _ receipt: MessageReceipt
    ) {
        let end = time ?? SpanClock.now(SpanClock.Offset(nanoseconds: span.clock))
        let bytes = key ?? UnsafeRawBufferPointer(start: nil, count: 0)
        if Self.isPlain(key: bytes), write(span, end: end, key: bytes, receipt) { return }
        self.end(span, status: .unset, event: nil, at: end) {
            $0.setKafkaKey(key)
            receipt.fill(&$0)
        }
    }

    @inline(__always)
    func end(_ span: borrowing MessageSpan, clock: UInt64, key: UnsafeRawBufferPointer?) {
        let end = Timestamp(nanoseconds: clock &+ span.clock)
        let bytes = key ?? UnsafeRawBufferPointer(start: nil, count: 0)
        if !Self.isPlain(key: bytes) || !write(span, end: end, key: bytes, MessageReceipt()) {
            self.end(span, status: .unset, event: nil, at: end) { $0.setKafkaKey(key) }
        }
    }

    /// Writes a span of the usual form; `false`, with nothing done, for any other, or where it has nowhere to be written
    /// at once.
    @inline(__always)
    private func write(
        _ span: borrowing MessageSpan,
        end: Timestamp,
        key: UnsafeRawBufferPointer,
        _ receipt: MessageReceipt
    ) -> Bool {
        span.withPrepared { prepared in
            span.state == nil
                && write(upTo: prepared.byteCount &+ Self.mostOfMessage) { target in
                    var place = OutputBuffer.Place(target)
                    place.write(span, prepared, end: end, key: key, receipt)
                    return place.distance(from: target)
                }
        } ?? false
    }

    @inline(never)
    func end(
        _ span: borrowing MessageSpan,
        status: SpanStatus,
        event: SpanEvent?,
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    ) {
        let end = time ?? SpanClock.now(SpanClock.Offset(nanoseconds: span.clock))
        var recorded = recorded(span, build)
        recorded.setStatus(status)
        if let event { recorded.addEvent(event.timed(by: end), limits) }
        if recorded.end(at: end) { ended(recorded) }
    }

    @inline(never)
    func keep(_ span: borrowing MessageSpan, _ build: (inout SpanBuilder) -> Void) -> Span {
        let recorder = SpanRecorder(
            span.context,
            recorded(span, build),
            offset: SpanClock.Offset(nanoseconds: span.clock),
            core: self,
            keptBy: self
        )
        return Span(spanID: span.spanID, keptBy: recorder)
    }

    /// What any other span would have recorded so far.
    private func recorded(_ span: borrowing MessageSpan, _ build: (inout SpanBuilder) -> Void) -> RecordedSpan {
        var builder = builder
        span.withPrepared { builder.attributes.merge($0, withName: true) }
        span.details.fill(&builder)
        if let link = span.link { builder.addLink(link.context, role: link.role) }
        build(&builder)
        return RecordedSpan(span.context, "", span.kind, parent: span.parent, start: span.start, builder)
    }

    /// How many bytes there are at most beside what is prepared: ids and times 75, eight details 370, a key 130, a link 80,
    /// what is known of one that was received 220.
    private static var mostOfMessage: Int { 880 }

    /// Other keys are as seldom as they take long to look at.
    @inline(__always)
    private static func isPlain(key: UnsafeRawBufferPointer) -> Bool {
        key.count <= longestPlainKey && OutputBuffer.Place.isASCII(key)
    }

    /// How long a key is at most of which the whole attribute's length is one byte.
    private static var longestPlainKey: Int { 90 }
}
