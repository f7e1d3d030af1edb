// SPDX-License-Identifier: Apache-2.0

/// Runs services until the process is told to stop, then stops them in order.
///
/// SIGTERM or SIGINT shuts the services down one after the other in reverse order, a tracer last wherever it stands. A
/// second signal cancels those that still run; the tracer still delivers its spans. If a service fails, or returns
/// although nobody stopped it, the others are stopped in the same order. Cancelling the calling task counts as two
/// signals at once.
///
/// ```swift
/// try await runUntilSignal(telemetry, database, consumer, worker)
/// ```
///
/// - Parameter services: The services, each after those that it uses.
/// - Throws: The error of the first service that failed, or ``ServiceError`` with ``ServiceError/Code/endedEarly``.
public func runUntilSignal(_ services: any Service...) async throws {
    let signals = Signals()
    defer { signals.stop() }
    try await ServiceGroup(services: services).run(stopRequests: signals.stream)
}
