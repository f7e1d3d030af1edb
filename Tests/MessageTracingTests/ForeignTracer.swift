// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TelemetryAPI
import TelemetryData
import Testing
import TraceContext

/// A tracer that somebody else wrote: it propagates and drops in its own way.
struct ForeignTracer: Tracer {
    /// In what tracers differ that Stitch has to work over.
    struct Behaviour: Sendable, CustomTestStringConvertible {
        var testDescription: String

        /// What it writes and reads.
        var format: any Propagator

        /// Whether a span that it drops has ids all the same.
        var namesDropped = true

        /// Whether its spans tell their ids, or only carriers get to know them.
        var tellsIDs = true

        /// Whether it reads a context that names no span where there is none, rather than no context.
        var readsInvalid = false
    }

    let behaviour: Behaviour

    var fields: Set<String> { ContextCarrier.knownFields.union(behaviour.format.fields) }

    /// The spans that it drops, whatever their parents say.
    var dropped: Set<String> = []

    /// Whether it drops all.
    var dropsAll = false

    /// What it has recorded.
    let backend = ForeignBackend()

    func startSpan(
        _ name: String,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        following: [SpanContext],
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    ) -> Span {
        let isCausedBySampled = parent?.isSampled ?? (following.isEmpty || following.contains(where: \.isSampled))
        let isSampled = isCausedBySampled && !dropsAll && !dropped.contains(name)
        guard isSampled || behaviour.namesDropped else { return Span(context: .invalid) }
        var context = backend.nextContext(in: parent?.traceID)
        if isSampled { context.flags = .sampled }
        context.state = parent?.state ?? TraceState()
        var builder = SpanBuilder()
        if isSampled { build(&builder) }
        let recorder = ForeignSpan(context, name, parent: parent, builder, isSampled: isSampled)
        if isSampled { backend.add(recorder) }
        return Span(context: behaviour.tellsIDs ? context : .invalid, recorder: recorder)
    }

    func inject(_ span: Span, baggage: Baggage, into carrier: inout ContextCarrier) {
        let recorded = (span.recorder as? ForeignSpan)?.context
        behaviour.format.inject(PropagationContext(span: recorded ?? span.context, baggage: baggage), into: &carrier)
    }

    func extract(from carrier: ContextCarrier) -> PropagationContext {
        var context = behaviour.format.extract(from: carrier)
        if context.span == nil, behaviour.readsInvalid { context.span = .invalid }
        return context
    }
}

extension ForeignTracer.Behaviour {
    private static let w3c = CompositePropagator([W3CPropagator(), BaggagePropagator()])

    /// Each way to differ, alone and with those that make it worse.
    static let all: [Self] = [
        Self(testDescription: "names no dropped span", format: w3c, namesDropped: false),
        Self(testDescription: "writes b3 alone", format: B3Propagator()),
        Self(testDescription: "writes b3 alone, names no dropped span", format: B3Propagator(), namesDropped: false),
        Self(testDescription: "tells its ids to carriers alone", format: w3c, tellsIDs: false),
        Self(
            testDescription: "tells its ids to carriers alone, names no dropped span",
            format: w3c,
            namesDropped: false,
            tellsIDs: false
        ),
        Self(
            testDescription: "writes uber-trace-id and baggage",
            format: CompositePropagator([UberPropagator(), BaggagePropagator()])
        ),
        Self(
            testDescription: "writes uber-trace-id beside traceparent",
            format: CompositePropagator([W3CPropagator(), UberPropagator(), BaggagePropagator()])
        ),
        Self(testDescription: "reads invalid contexts", format: w3c, namesDropped: false, readsInvalid: true),
    ]

    /// Those that have nothing to write of a span that they drop.
    static let silent = all.filter { !$0.namesDropped }

    /// What comes in from another process with such a tracer.
    func carrier(of span: SpanContext, baggage: Baggage = Baggage()) -> ContextCarrier {
        var carrier = ContextCarrier()
        format.inject(PropagationContext(span: span, baggage: baggage), into: &carrier)
        return carrier
    }
}

/// `uber-trace-id`, Jaeger's own: `{trace id}:{span id}:{parent span id}:{flags}`.
private struct UberPropagator: Propagator {
    let fields = ["uber-trace-id"]

    func inject(_ context: PropagationContext, into carrier: inout ContextCarrier) {
        guard let span = context.span, span.isValid else { return }
        carrier["uber-trace-id"] = "\(span.traceID):\(span.spanID):0:\(span.isSampled ? "1" : "0")"
    }

    func extract(from carrier: ContextCarrier, into context: inout PropagationContext) {
        let parts = carrier["uber-trace-id"]?.split(separator: ":").map(String.init) ?? []
        guard parts.count == 4, let trace = TraceID(parts[0]), let span = SpanID(parts[1]) else { return }
        context.span = SpanContext(traceID: trace, spanID: span, flags: parts[3] == "1" ? .sampled : [], isRemote: true)
    }
}

/// Where the spans of a foreign tracer go.
final class ForeignBackend: Sendable {
    private let state = Mutex((count: UInt64(0), spans: [ForeignSpan]()))

    /// The spans that were recorded, in the order in which they started.
    var spans: [ForeignSpan] { state.withLock { $0.spans } }

    /// The spans of that name.
    func named(_ name: String) -> [ForeignSpan] { spans.filter { $0.name == name } }

    func nextContext(in trace: TraceID?) -> SpanContext {
        let count = state.withLock { state in
            state.count += 1
            return state.count
        }
        return SpanContext(traceID: trace ?? TraceID(high: 0xf, low: count), spanID: SpanID(bits: 0xf000 + count))
    }

    func add(_ span: ForeignSpan) { state.withLock { $0.spans.append(span) } }
}

/// A span of a foreign tracer, which knows its ids whoever else does.
final class ForeignSpan: SpanRecording {
    let context: SpanContext
    let name: String
    let parent: SpanContext?
    let links: [SpanContext]

    private struct State {
        var attributes: Attributes
        var events: [String] = []
        var isEnded = false
    }

    private let state: Mutex<State>
    private let isSampled: Bool

    init(
        _ context: SpanContext,
        _ name: String,
        parent: SpanContext?,
        _ builder: borrowing SpanBuilder,
        isSampled: Bool
    ) {
        self.context = context
        self.name = name
        self.parent = parent
        self.isSampled = isSampled
        links = builder.links.map(\.context)
        state = Mutex(State(attributes: builder.attributes.all))
    }

    var events: [String] { state.withLock { $0.events } }
    var isEnded: Bool { state.withLock { $0.isEnded } }

    var isRecording: Bool { isSampled && !isEnded }
    func attribute(_ key: String) -> AttributeValue? { state.withLock { $0.attributes[key] } }
    func setAttribute(_ key: String, _ value: AttributeValue?) { state.withLock { $0.attributes[key] = value } }
    func rename(_ name: String) {}
    func addLink(_ link: SpanLink) {}
    func addEvent(_ event: SpanEvent) { state.withLock { $0.events.append(event.name) } }
    func setStatus(_ status: SpanStatus) {}
    func end(at time: Timestamp?) { state.withLock { $0.isEnded = true } }
}
