// SPDX-License-Identifier: Apache-2.0

#if DistributedTracingSupport
import Synchronization
import TraceContext
import Tracing

/// A backend of swift-distributed-tracing that writes and reads `traceparent`, as those for production do.
final class W3CBackend: Tracing.Tracer {
    struct Finished: Sendable {
        var name: String
        var context: SpanContext
        var parent: SpanContext?
        var kind: Tracing.SpanKind
        var attributes: Tracing.SpanAttributes
        var links: [SpanContext]
        var linkAttributes: [Tracing.SpanAttributes]
        var status: Tracing.SpanStatus?
        var events: [Tracing.SpanEvent]
        var ends: Int
        var start: UInt64
        var end: UInt64
    }

    enum Key: ServiceContextKey { typealias Value = SpanContext }

    final class Span: Tracing.Span {
        let context: ServiceContext
        let state: Mutex<Finished>
        let isSampled: Bool
        let backend: W3CBackend

        init(_ finished: Finished, _ context: ServiceContext, _ backend: W3CBackend) {
            state = Mutex(finished)
            self.context = context
            isSampled = finished.context.isSampled
            self.backend = backend
        }

        var operationName: String {
            get { state.withLock { $0.name } }
            set { state.withLock { $0.name = newValue } }
        }
        var attributes: Tracing.SpanAttributes {
            get { state.withLock { $0.attributes } }
            set { state.withLock { $0.attributes = newValue } }
        }
        var isRecording: Bool { isSampled && state.withLock { $0.ends == 0 } }
        func setStatus(_ status: Tracing.SpanStatus) { state.withLock { $0.status = status } }
        func addEvent(_ event: Tracing.SpanEvent) { state.withLock { $0.events.append(event) } }
        func addLink(_ link: Tracing.SpanLink) {
            guard let context = link.context[Key.self] else { return }
            state.withLock {
                $0.links.append(context)
                $0.linkAttributes.append(link.attributes)
            }
        }
        func recordError<Instant: TracerInstant>(
            _ error: any Error,
            attributes: Tracing.SpanAttributes,
            at instant: @autoclosure () -> Instant
        ) {}
        func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
            let end = instant().nanosecondsSinceEpoch
            let finished = state.withLock { state in
                state.ends += 1
                state.end = end
                return state
            }
            backend.finish(finished)
        }
    }

    let isSampling: Bool
    private let next = Atomic<UInt64>(0)
    private let ended = Mutex<[Finished]>([])
    private let active = Mutex<[SpanID: Span]>([:])

    init(isSampling: Bool = true) { self.isSampling = isSampling }

    var finished: [Finished] { ended.withLock { $0 } }

    func named(_ name: String) -> Finished? { finished.first { $0.name == name } }

    private func finish(_ span: Finished) {
        active.withLock { $0[span.context.spanID] = nil }
        ended.withLock { $0.append(span) }
    }

    func startSpan<Instant: TracerInstant>(
        _ operationName: String,
        context: @autoclosure () -> ServiceContext,
        ofKind kind: Tracing.SpanKind,
        at instant: @autoclosure () -> Instant,
        function: String,
        file fileID: String,
        line: UInt
    ) -> Span {
        var context = context()
        let parent = context[Key.self]
        let number = next.wrappingAdd(1, ordering: .relaxed).newValue
        let own = SpanContext(
            traceID: parent?.traceID ?? TraceID(high: 0xf0, low: number),
            spanID: SpanID(bits: 0xf000 + number),
            flags: isSampling ? .sampled : []
        )
        context[Key.self] = own
        let start = instant().nanosecondsSinceEpoch
        let span = Span(
            Finished(
                name: operationName,
                context: own,
                parent: parent,
                kind: kind,
                attributes: [:],
                links: [],
                linkAttributes: [],
                events: [],
                ends: 0,
                start: start,
                end: 0
            ),
            context,
            self
        )
        active.withLock { $0[own.spanID] = span }
        return span
    }

    func startAnySpan<Instant: TracerInstant>(
        _ operationName: String,
        context: @autoclosure () -> ServiceContext,
        ofKind kind: Tracing.SpanKind,
        at instant: @autoclosure () -> Instant,
        function: String,
        file fileID: String,
        line: UInt
    ) -> any Tracing.Span {
        startSpan(
            operationName,
            context: context(),
            ofKind: kind,
            at: instant(),
            function: function,
            file: fileID,
            line: line
        )
    }

    func activeSpan(identifiedBy context: ServiceContext) -> Span? {
        context[Key.self].flatMap { own in active.withLock { $0[own.spanID] } }
    }

    func forceFlush() {}

    func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext,
        into carrier: inout Carrier,
        using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let span = context[Key.self] else { return }
        injector.inject(span.traceParent.description, forKey: "traceparent", into: &carrier)
        injector.inject("yes", forKey: "X-Backend", into: &carrier)
    }

    func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier,
        into context: inout ServiceContext,
        using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard let parent = extractor.extract(key: "traceparent", from: carrier).flatMap({ TraceParent($0) }) else {
            return
        }
        _ = extractor.extract(key: "X-Backend", from: carrier)
        context[Key.self] = SpanContext(traceID: parent.traceID, spanID: parent.spanID, flags: parent.flags)
    }
}

/// Fields by name, as an HTTP framework has them.
struct FieldAccess: Injector, Extractor {
    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
}

/// Something of the application's own in the context.
enum TenantKey: ServiceContextKey { typealias Value = String }
#endif
