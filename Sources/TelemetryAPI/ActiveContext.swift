// SPDX-License-Identifier: Apache-2.0

/// What is current in a task: a span and, in tests, a tracer and a meter.
///
/// One task-local value, read once; a class so that binding it copies one reference.
final class ActiveContext: Sendable {
    @TaskLocal static var current: ActiveContext?

    let span: Span?
    let tracer: (any Tracer)?
    let meter: (any Meter)?

    /// What is current now, with the given parts in place of what was.
    init(span: Span? = nil, tracer: (any Tracer)? = nil, meter: (any Meter)? = nil) {
        let current = Self.current
        self.span = span ?? current?.span
        self.tracer = tracer ?? current?.tracer
        self.meter = meter ?? current?.meter
    }
}

extension Span {
    /// The span that is current in this task.
    public static var current: Span? { ActiveContext.current?.span }

    /// Makes the span current while `operation` runs.
    ///
    /// Does not end it.
    public func makeCurrent<Success, Failure: Error>(
        _ operation: () throws(Failure) -> Success
    ) throws(Failure) -> Success {
        try bind(ActiveContext(span: self), operation)
    }

    /// Makes the span current while `operation` runs, and in the tasks that it starts.
    ///
    /// Does not end it.
    public func makeCurrent<Success, Failure: Error>(
        _ operation: () async throws(Failure) -> Success
    ) async throws(Failure) -> Success {
        try await bind(ActiveContext(span: self), operation)
    }
}

/// Uses another tracer while `operation` runs, as a test does.
public func withTracer<Success, Failure: Error>(
    _ tracer: any Tracer,
    _ operation: () throws(Failure) -> Success
) throws(Failure) -> Success {
    try bind(ActiveContext(tracer: tracer), operation)
}

/// Uses another tracer while `operation` runs, and in the tasks that it starts, as a test does.
public func withTracer<Success, Failure: Error>(
    _ tracer: any Tracer,
    _ operation: () async throws(Failure) -> Success
) async throws(Failure) -> Success {
    try await bind(ActiveContext(tracer: tracer), operation)
}

/// Uses another meter while `operation` runs, as a test does.
public func withMeter<Success, Failure: Error>(
    _ meter: any Meter,
    _ operation: () throws(Failure) -> Success
) throws(Failure) -> Success {
    try bind(ActiveContext(meter: meter), operation)
}

/// Uses another meter while `operation` runs, and in the tasks that it starts, as a test does.
public func withMeter<Success, Failure: Error>(
    _ meter: any Meter,
    _ operation: () async throws(Failure) -> Success
) async throws(Failure) -> Success {
    try await bind(ActiveContext(meter: meter), operation)
}

/// `TaskLocal.withValue` knows no typed throws, so the outcome crosses it as a value.
private func bind<Success, Failure: Error>(
    _ context: ActiveContext,
    _ operation: () throws(Failure) -> Success
) throws(Failure) -> Success {
    try ActiveContext.$current.withValue(context) {
        do throws(Failure) {
            return Result<Success, Failure>.success(try operation())
        } catch {
            return .failure(error)
        }
    }.get()
}

private func bind<Success, Failure: Error>(
    _ context: ActiveContext,
    _ operation: () async throws(Failure) -> Success
) async throws(Failure) -> Success {
    try await ActiveContext.$current.withValue(context) {
        do throws(Failure) {
            return Result<Success, Failure>.success(try await operation())
        } catch {
            return .failure(error)
        }
    }.get()
}
