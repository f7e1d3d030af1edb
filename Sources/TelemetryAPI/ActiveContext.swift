// SPDX-License-Identifier: Apache-2.0

import CStitchPlatform
package import TraceContext

#if DistributedTracingSupport
package import Synchronization
public import Tracing
#else
public import Synchronization
#endif

/// What is current in a task: a span, baggage, what came with the message that is worked on and, in tests, a tracer and a
/// meter.
///
/// One task-local value, read once by whoever needs it; a class so that binding it copies one reference.
///
/// `@unchecked Sendable` because it isn't final: nothing in ``BoundContext``, ``LoneSpan`` and ``WorkSpan`` changes
/// outside a lock.
@usableFromInline
package class ActiveContext: @unchecked Sendable {
    init() {}

    /// The span that was bound, rather than one that what came names.
    package var ownSpan: Span? { nil }

    /// The same as a parent, where it is a plain one.
    package var plainParent: PlainParent? { ownSpan.flatMap { PlainParent($0) } }

    /// What is current beside the span.
    var surroundings: (any ContextSurroundings)? { nil }

    /// Ends the span that was bound.
    ///
    /// - Parameter time: When it ended; now unless given.
    package func endSpan(at time: Timestamp? = nil) { ownSpan?.end(at: time) }

    /// Now, by the clock that times the span that was bound, where that is known.
    package var spanTime: Timestamp { .now }

    /// The span round the current one, where that one has no context: its tracer may have dropped it without a name.
    var enclosingSpan: Span? { surroundings?.enclosing?.span }

    var ownBaggage: Baggage? { surroundings?.boundBaggage }

    /// What came with the message or request that is worked on.
    ///
    /// It is taken apart only where somebody asks, so that passing it on costs next to nothing; and it is there to be
    /// passed on as it is where a tracer has nothing to write.
    package var incoming: ContextCarrier? { surroundings?.arrived?.carrier }

    /// The same, where it is plain.
    package var plainIncoming: PlainCarrier? {
        if case .plain(let carrier) = surroundings?.arrived { carrier } else { nil }
    }

    /// The message that is worked on, for lines of the log.
    var work: MessageWork? { surroundings?.message }

    var scope: TelemetryScope? { surroundings?.telemetry }

    /// What is round a span that becomes current here, where anybody will ask.
    func enclosing(of span: Span) -> EnclosingSpan? {
        if span.isNamed { return nil }
        guard let ownSpan, ownSpan.isNamed || ownSpan.recorder != nil else { return surroundings?.enclosing }
        return EnclosingSpan(ownSpan)
    }

    /// The span that is current: the one that was bound, else the one that what came names.
    package var span: Span? { ownSpan ?? incoming?.spanContext.map { Span(context: $0) } }

    /// The baggage that is current: what was bound, else what came.
    package var baggage: Baggage {
        ownBaggage ?? incoming?[ContextCarrier.FieldName.baggage].map { Baggage($0) } ?? Baggage()
    }
}

#if DistributedTracingSupport

/// With swift-distributed-tracing in the program there is one current context, its `ServiceContext`: what is current for
/// Stitch is kept in it.
extension ActiveContext {
    private enum Key: ServiceContextKey { typealias Value = ActiveContext }

    /// Whether there is a tracer that keeps its spans in a `ServiceContext` itself, so that the current one may be newer
    /// than what is kept here.
    package static let hasServiceContextTracer = Atomic<Bool>(false)

    /// What is current in this task.
    @usableFromInline package static var current: ActiveContext? { ServiceContext.current.flatMap { current(in: $0) } }

    /// Lends what is current in this task, if anything is.
    @inline(__always)
    package static func lendCurrent(_ body: (ActiveContext) -> Void) {
        if let current { body(current) }
    }

    /// What is current in a context.
    package static func current(in context: ServiceContext) -> ActiveContext? {
        let kept = context[Key.self]
        guard hasServiceContextTracer.load(ordering: .relaxed),
            let tracer = TelemetrySystem.tracer(in: kept) as? any ServiceContextTracer
        else { return kept }
        guard let span = tracer.span(in: context, unlessNamedBy: kept?.ownSpan) else { return kept }
        return BoundContext(kept, making: span)
    }

    /// Where a context is made current.
    @usableFromInline static var binding: TaskLocal<ServiceContext?> { ServiceContext.$current }

    /// What `binding` binds where this is to be current.
    @usableFromInline var bound: ServiceContext { bound(in: ServiceContext.current ?? .topLevel) }

    /// That context with this made current in it.
    package func bound(in context: ServiceContext) -> ServiceContext {
        var context = context
        if Self.hasServiceContextTracer.load(ordering: .relaxed),
            let recorder = ownSpan?.recorder as? any ServiceContextRecording,
            context[Key.self]?.ownSpan?.recorder !== recorder
        {
            context = recorder.serviceContext
        }
        context[Key.self] = self
        return context
    }

    /// Whether it was here that the span was made current last.
    package static func isBound(_ span: Span, in context: ServiceContext) -> Bool {
        context[Key.self]?.ownSpan?.recorder === span.recorder
    }
}

/// Keeps one span, for a tracer whose spans are in a `ServiceContext` of their own.
package protocol ServiceContextRecording: SpanRecording {
    /// The context in which the span is current.
    var serviceContext: ServiceContext { get }
}

/// A tracer whose spans are in a `ServiceContext`, where others may make one current without Stitch's knowledge.
package protocol ServiceContextTracer: Tracer {
    /// The span that is current in a context, by this tracer's lights.
    ///
    /// - Parameters:
    ///   - context: The context.
    ///   - known: What was current when Stitch was asked last.
    /// - Returns: The span; `nil` if it is the known one, or none.
    func span(in context: ServiceContext, unlessNamedBy known: Span?) -> Span?
}

#else

extension ActiveContext {
    // Spelled out rather than made by the macro, so that looking it up can be inlined.
    @usableFromInline static let local = TaskLocal<ActiveContext?>(wrappedValue: nil)

    // The address of `local`, which lives for good, once anything was made current; 0 until then. A look at what is
    // current is on the way of every message: this spares it a lazy global, reference counts and, in a process that
    // traces nothing, the task-local itself.
    @usableFromInline static let address = Atomic<UInt>(0)

    /// What is current in this task.
    @inlinable package static var current: ActiveContext? {
        guard let local = UnsafeRawPointer(bitPattern: address.load(ordering: .acquiring)) else { return nil }
        return Unmanaged<TaskLocal<ActiveContext?>>.fromOpaque(local)._withUnsafeGuaranteedRef { $0.get() }
    }

    /// Lends what is current in this task, if anything is, without counting references to it: it stays bound meanwhile.
    @inline(__always)
    package static func lendCurrent(_ body: (ActiveContext) -> Void) {
        guard let local = UnsafeRawPointer(bitPattern: address.load(ordering: .acquiring)),
            let bound = swift_task_localValueGet(local),
            let context = bound.load(as: UnsafeRawPointer?.self)
        else { return }
        Unmanaged<ActiveContext>.fromOpaque(context)._withUnsafeGuaranteedRef { body($0) }
    }

    /// Where a context is made current.
    @inlinable static var binding: TaskLocal<ActiveContext?> {
        let local = local
        if address.load(ordering: .relaxed) == 0 {
            address.store(UInt(bitPattern: Unmanaged.passUnretained(local).toOpaque()), ordering: .releasing)
        }
        return local
    }

    /// What `binding` binds where this is to be current.
    @inlinable var bound: ActiveContext { self }

    /// Makes a context current in the task that calls, until ``leave()``; whoever calls has the binding release it then.
    static func enter(_ context: UnsafeMutableRawPointer) {
        // Taken over, and of the same shape as the optional that is bound.
        var value: UnsafeMutableRawPointer? = context
        let type = unsafeBitCast(ActiveContext?.self as Any.Type, to: UnsafeRawPointer.self)
        swift_task_localValuePush(Unmanaged.passUnretained(binding).toOpaque(), &value, type)
    }

    /// Ends what ``enter(_:)`` began last.
    package static func leave() { swift_task_localValuePop() }
}

#endif

/// A tracer and a meter that hold for a part of the program, as in a test; apart from the rest, since there are none in
/// production.
package final class TelemetryScope: Sendable {
    let tracer: (any Tracer)?
    let meter: (any Meter)?

    /// The tracer for plain messages.
    let plain: (any PlainTracing)?

    /// What holds in `current`, with the given part in place of what did.
    init(_ current: TelemetryScope?, tracer: (any Tracer)? = nil, meter: (any Meter)? = nil) {
        self.tracer = tracer ?? current?.tracer
        self.meter = meter ?? current?.meter
        plain = tracer.map(\.plain) ?? current?.plain
    }
}

/// Makes a context current while `operation` runs.
///
/// `TaskLocal.withValue` knows no typed throws, so the outcome crosses it as a value. Inlined, since a generic function that
/// isn't costs more than everything else that it does.
@inlinable
package func bind<Success, Failure: Error>(
    _ context: ActiveContext,
    _ operation: () throws(Failure) -> Success
) throws(Failure) -> Success {
    try ActiveContext.binding.withValue(context.bound) {
        do throws(Failure) {
            return Result<Success, Failure>.success(try operation())
        } catch {
            return .failure(error)
        }
    }.get()
}

/// Makes a context current while `operation` runs, and in the tasks that it starts.
///
/// Inlined as the other. What runs on an actor stays there: leaving it and coming back takes a hundred times as long as all
/// else.
@inlinable
package func bind<Success, Failure: Error>(
    _ context: ActiveContext,
    isolation: isolated (any Actor)? = #isolation,
    _ operation: nonisolated(nonsending) () async throws(Failure) -> Success
) async throws(Failure) -> Success {
    try await ActiveContext.binding.withValue(context.bound) {
        // A closure is isolated to what it captures.
        _ = isolation
        do throws(Failure) {
            return Result<Success, Failure>.success(try await operation())
        } catch {
            return .failure(error)
        }
    }.get()
}
