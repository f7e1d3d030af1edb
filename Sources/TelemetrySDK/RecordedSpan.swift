// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI

/// A span as it is recorded: takes what is said, as much as its limits allow, counts the rest, and ends once.
///
/// What was said is kept as OTLP's bytes from the first moment on, so that its end has nothing left to do but copy them.
/// Does no I/O.
struct RecordedSpan: ~Copyable, Sendable {
    private(set) var builder: SpanBuilder
    private let start: Timestamp
    private var status = SpanStatus.unset
    private var eventCount = 0
    private var droppedEventCount = 0
    private var hasDroppedEventAttributes = false
    private(set) var isEnded = false

    /// A span that starts.
    ///
    /// - Parameters:
    ///   - context: Its ids, flags and trace state.
    ///   - name: What is done.
    ///   - kind: Which side of a relation it is.
    ///   - parent: The span that it is a child of.
    ///   - start: When it began.
    ///   - builder: What it has from its start on.
    @inline(__always)
    init(
        _ context: borrowing SpanContext,
        _ name: String,
        _ kind: SpanKind,
        parent: SpanParentID?,
        start: Timestamp,
        _ builder: consuming SpanBuilder
    ) {
        self.builder = builder
        self.start = start
        self.builder.attributes.writer.write(
            startOf: context.spanID,
            in: context.traceID,
            flags: context.flags,
            state: context.state,
            parent: parent?.id,
            parentIsRemote: parent?.isRemote,
            kind: kind,
            at: start
        )
        if !name.isEmpty { self.builder.attributes.writer.write(string: name, field: Self.nameField) }
    }

    /// A span that has started, with its name and all that is said of it at its start.
    init(_ builder: consuming SpanBuilder, start: Timestamp) {
        self.builder = builder
        self.start = start
    }

    /// The number of a span's field for its name.
    static var nameField: Int { 5 }

    mutating func setAttribute(_ key: String, _ value: AttributeValue?) {
        builder.attributes.set(key, value)
    }

    mutating func addLink(_ link: SpanLink) {
        builder.addLink(link)
    }

    mutating func addEvent(_ event: SpanEvent, _ limits: SpanLimits) {
        guard eventCount < limits.events else {
            droppedEventCount += 1
            return
        }
        eventCount += 1
        let event = limits.limited(event)
        if event.droppedAttributeCount > 0 { hasDroppedEventAttributes = true }
        builder.attributes.writer.write(event: event, field: 11)
    }

    mutating func rename(_ name: String) {
        builder.attributes.replace(field: Self.nameField, with: name)
    }

    /// The last one counts, except that `ok` is final and `unset` says nothing (OpenTelemetry Trace API, "Set Status").
    mutating func setStatus(_ status: SpanStatus) {
        if self.status != .ok, status != .unset { self.status = status }
    }

    /// Ends it, not before its start, whatever the clocks say.
    ///
    /// - Returns: Whether this was the first time.
    mutating func end(at time: Timestamp) -> Bool {
        guard !isEnded else { return false }
        isEnded = true
        builder.attributes.writer.write(
            endAt: max(start, time),
            status: status,
            droppedAttributes: builder.attributes.droppedCount,
            droppedEvents: droppedEventCount,
            droppedLinks: builder.droppedLinkCount
        )
        return true
    }

    /// The whole span, once it has ended.
    var ended: EndedSpan {
        EndedSpan(bytes: withBytes { $0 }, drops: drops)
    }

    /// Its fields so far, as OTLP has them.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        builder.attributes.writer.buffer.withUnsafeBytes(body)
    }

    /// What was left out; `nil` if nothing was.
    private var drops: SpanDrops? {
        let drops = SpanDrops(
            attributes: builder.attributes.droppedCount,
            events: droppedEventCount,
            links: builder.droppedLinkCount
        )
        let hasDropped = drops != SpanDrops() || hasDroppedEventAttributes || builder.hasDroppedLinkAttributes
        return hasDropped ? drops : nil
    }
}

/// A span that has ended, as OTLP's `Span`; to be used while the recorded span lives, which has the bytes.
struct EndedSpan: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer
    let drops: SpanDrops?
}

/// How much of one span was left out.
struct SpanDrops: Sendable, Hashable {
    var attributes = 0
    var events = 0
    var links = 0
}
