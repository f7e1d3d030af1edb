// SPDX-License-Identifier: Apache-2.0

public import TraceContext

extension Span {
    /// The span that is current in this task.
    public static var current: Span? { ActiveContext.current?.span }

    /// Makes the span current while `operation` runs.
    ///
    /// Does not end it.
    @inlinable
    @discardableResult
    public func makeCurrent<Success, Failure: Error>(
        _ operation: () throws(Failure) -> Success
    ) throws(Failure) -> Success {
        try bind(ActiveContext.making(self, in: .current), operation)
    }

    /// Makes the span current while `operation` runs, and in the tasks that it starts.
    ///
    /// Does not end it.
    @inlinable
    @discardableResult
    public nonisolated(nonsending) func makeCurrent<Success, Failure: Error>(
        _ operation: nonisolated(nonsending) () async throws(Failure) -> Success
    ) async throws(Failure) -> Success {
        try await bind(ActiveContext.making(self, in: .current), operation)
    }
}

extension Baggage {
    /// The baggage that is current in this task: what the message or the request that is worked on brought, as far as its
    /// entry takes it over, or what `withBaggage` has put in its place.
    public static var current: Baggage { ActiveContext.current?.baggage ?? Baggage() }
}

/// Makes baggage current while `operation` runs, in place of what was; what is sent meanwhile carries it.
///
/// ```swift
/// var baggage = Baggage.current
/// baggage["tenant"] = "eu-1"
/// try withBaggage(baggage) { … }
/// ```
@discardableResult
public func withBaggage<Success, Failure: Error>(
    _ baggage: Baggage,
    _ operation: () throws(Failure) -> Success
) throws(Failure) -> Success {
    try bind(BoundContext(ActiveContext.current, baggage: baggage), operation)
}

/// Makes baggage current while `operation` runs, and in the tasks that it starts, in place of what was; what is sent
/// meanwhile carries it.
@discardableResult
public nonisolated(nonsending) func withBaggage<Success, Failure: Error>(
    _ baggage: Baggage,
    _ operation: nonisolated(nonsending) () async throws(Failure) -> Success
) async throws(Failure) -> Success {
    try await bind(BoundContext(ActiveContext.current, baggage: baggage), operation)
}
