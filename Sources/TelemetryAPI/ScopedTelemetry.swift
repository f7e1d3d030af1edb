// SPDX-License-Identifier: Apache-2.0

/// Uses another tracer while `operation` runs, as a test does.
@discardableResult
public func withTracer<Success, Failure: Error>(
    _ tracer: any Tracer,
    _ operation: () throws(Failure) -> Success
) throws(Failure) -> Success {
    try bind(.scoped(tracer: tracer), operation)
}

/// Uses another tracer while `operation` runs, and in the tasks that it starts, as a test does.
@discardableResult
public nonisolated(nonsending) func withTracer<Success, Failure: Error>(
    _ tracer: any Tracer,
    _ operation: nonisolated(nonsending) () async throws(Failure) -> Success
) async throws(Failure) -> Success {
    try await bind(.scoped(tracer: tracer), operation)
}

/// Uses another meter while `operation` runs, as a test does.
@discardableResult
public func withMeter<Success, Failure: Error>(
    _ meter: any Meter,
    _ operation: () throws(Failure) -> Success
) throws(Failure) -> Success {
    try bind(.scoped(meter: meter), operation)
}

/// Uses another meter while `operation` runs, and in the tasks that it starts, as a test does.
@discardableResult
public nonisolated(nonsending) func withMeter<Success, Failure: Error>(
    _ meter: any Meter,
    _ operation: nonisolated(nonsending) () async throws(Failure) -> Success
) async throws(Failure) -> Success {
    try await bind(.scoped(meter: meter), operation)
}

extension ActiveContext {
    /// What is current now, under another tracer or meter.
    fileprivate static func scoped(tracer: (any Tracer)? = nil, meter: (any Meter)? = nil) -> ActiveContext {
        let current = current
        return BoundContext(current, scope: TelemetryScope(current?.scope, tracer: tracer, meter: meter))
    }
}
