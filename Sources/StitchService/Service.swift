// SPDX-License-Identifier: Apache-2.0

/// A part of a program that works for as long as the program does: a consumer, a worker, a pool, a tracer.
///
/// **Contract.** A service works from its `init` on; nobody has to wait for ``run()`` before using it. `run()` owns the
/// tasks of the service, is called once, and returns after ``shutdown()``. Cancelling the task that runs it stops the
/// service at once: the same as a shutdown that lets nothing finish.
///
/// Hand services to ``runUntilSignal(_:)`` in the order in which they depend on each other; it stops them in reverse.
public protocol Service: Sendable {
    /// What the service is called in diagnostics and in errors, such as `KafkaConsumer(billing)`.
    var name: String { get }

    /// How the service is doing now.
    var health: ServiceHealth { get }

    /// Whether the service must outlive all others, as a tracer must: it is stopped last, wherever it stands in the list.
    var stopsLast: Bool { get }

    /// Works until the service is shut down or the calling task is cancelled.
    ///
    /// - Throws: What made it impossible to go on. A service that was stopped returns without an error.
    func run() async throws

    /// Stops the intake, lets what was begun finish within the service's `drain` time, then cancels it and gives the
    /// work back; returns when all that is done. May be called more than once, and before ``run()``.
    func shutdown() async
}

extension Service {
    /// The name of the type.
    public var name: String { String(describing: Self.self) }

    /// Healthy, with nothing to tell.
    public var health: ServiceHealth { ServiceHealth() }

    /// `false`.
    public var stopsLast: Bool { false }
}
