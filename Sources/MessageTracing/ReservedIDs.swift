// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI
public import TelemetryData
public import TraceContext

/// The ids of a span of work that were written down before the work began, so that somebody else can name it, or export
/// it, if whoever does the work is lost.
public struct ReservedIDs: Sendable, Hashable {
    /// The first half of the trace's id, if the span starts one.
    public var root: UInt64

    /// The span's id.
    public var spanID: SpanID

    /// Joins what was written down.
    public init(root: UInt64, spanID: SpanID) {
        self.root = root
        self.spanID = spanID
    }

    /// The trace that the span starts, if it starts one: all of it is random if both ids are.
    ///
    /// The second half is the span's id, stirred in a way that loses nothing, so that no two spans of one root start the
    /// same trace. SQL does the same (`new_trace`).
    public var newTraceID: TraceID {
        var bits = spanID.bits
        bits ^= bits << 13
        bits ^= bits >> 7
        bits ^= bits << 17
        return TraceID(high: root, low: bits)
    }

    /// Starts the span, as a child of `parent` or the root of the trace that these ids say.
    func start(
        on target: MessageTarget,
        by reserving: any SpanReserving,
        parent: SpanContext?,
        following: [SpanContext],
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    ) -> Span {
        let name = target.spanName(of: .process)
        func fill(_ builder: inout SpanBuilder) {
            builder.attributes.merge(target.attributes(of: .process))
            build(&builder)
        }
        // By the trace that it will be in, so that a share of all traces is decided as everybody else decides it.
        var context = reserving.reserveSpan(
            name,
            ofKind: .consumer,
            startingTrace: newTraceID,
            parent: parent,
            following: following,
            fill
        )
        context.spanID = spanID
        if context.traceID == newTraceID { context.flags.insert(.random) }
        return reserving.startSpan(reserved: context, name, ofKind: .consumer, parent: parent, at: time, fill)
    }
}

/// Work on a message that somebody began and did not live to end: what whoever finds out says of it.
public struct LostWork: Sendable {
    /// The message.
    public var message: ReceivedMessage

    /// The span that the work had, or would have had.
    public var context: SpanContext

    /// Whether it continued the trace that created the message.
    public var continues: Bool

    /// Who did the work.
    public var worker: String

    /// Says what is known of it.
    public init(_ message: ReceivedMessage, _ context: SpanContext, continues: Bool, worker: String) {
        self.message = message
        self.context = context
        self.continues = continues
        self.worker = worker
    }

    /// Has what was exported leave the process at once, if the tracer can: if this one is lost as well, nobody else tells.
    public static func exportSoon() { TelemetrySystem.tracer.emitting?.exportSoon() }

    /// Exports its `process` span, which failed with the worker.
    ///
    /// - Parameters:
    ///   - target: Where the message came from.
    ///   - start: When the work began, or may have.
    ///   - end: Until when the worker may have been at it.
    /// - Returns: Whether there is a tracer that can.
    @discardableResult
    public func export(from target: MessageTarget, from start: Timestamp, to end: Timestamp) -> Bool {
        typealias Attribute = MessagingConventions.Attribute
        let tracer = TelemetrySystem.tracer
        guard tracer.isEnabled, let emitting = tracer.emitting else { return false }
        let creation = tracer.extract(from: message.carrier).validSpan
        emitting.emit(
            context,
            target.spanName(of: .process),
            ofKind: .consumer,
            parent: continues ? creation : nil,
            from: start,
            to: max(start, end),
            status: .error("lost with worker \(worker)")
        ) { builder in
            builder.attributes.merge(target.attributes(of: .process))
            builder.attributes.set(Attribute.messageID, message.id)
            builder.attributes.merge(message.attributes)
            builder.attributes[Attribute.errorType] = "worker_lost"
            // What else it took along is told from this.
            builder.attributes[ReceivedMessage.instanceID] = .string(worker)
            message.wait?.fill(&builder.attributes)
            if let creation { builder.addLink(creation, role: .creation) }
            message.addPreviousLink(to: &builder)
        }
        return true
    }
}

extension ReceivedMessage {
    /// On a link, and on the span of a lost attempt: who made it, so that a reader can tell why a span is missing.
    fileprivate static let instanceID = "service.instance.id"

    /// Links to the attempt before, and names who made it.
    func addPreviousLink(to builder: inout SpanBuilder) {
        guard let previousAttempt else { return }
        guard let previousWorker else { return builder.addLink(previousAttempt, role: .previousAttempt) }
        builder.addLink(
            previousAttempt,
            role: .previousAttempt,
            attributes: [Self.instanceID: .string(previousWorker)]
        )
    }
}
