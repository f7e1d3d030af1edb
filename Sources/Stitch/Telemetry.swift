// SPDX-License-Identifier: Apache-2.0

import Dispatch
public import StitchOTLP
public import StitchService
public import TelemetrySDK

/// The telemetry of an application: a tracer and a meter, installed for the whole process, and the export of what they
/// record.
///
/// A ``/StitchService/Service`` like the others; `runUntilSignal` stops it after all others, wherever it stands in the
/// list, so the spans of the others' last work are delivered too.
///
/// Spans and metrics go where the configuration says. A receiver that is away, or not there at all, costs nobody any time
/// but the threads that deliver; what could not be delivered is told when that begins, when it ends, and by
/// ``shutdown()``, not for every batch, and counts in ``counts`` and ``health``.
public final class Telemetry: Service {
    private let delivery: TelemetryDelivery?
    private let (stopped, stop) = AsyncStream.makeStream(of: Never.self)

    /// Starts tracing and measuring, and makes the tracer and the meter those of the process.
    ///
    /// - Parameter configuration: What it is called and where it goes; what the environment says, unless given.
    /// - Returns: The telemetry, to be run and shut down with the other services.
    /// - Throws: ``/StitchOTLP/OTLPError`` when the file to write to can't be opened, a setting of an exporter is wrong, or
    ///   another process listens at the address at which metrics are to be scraped.
    public static func start(
        _ configuration: TelemetryConfiguration = TelemetryConfiguration()
    ) throws(OTLPError) -> Telemetry {
        guard !configuration.isDisabled else {
            // Hands on what comes in, in whatever format it came.
            TelemetrySystem.install(NoOpTracer())
            TelemetrySystem.install(NoOpMeter())
            return Telemetry(nil)
        }
        let delivery = try TelemetryDelivery(configuration)
        if let meter = delivery.meter { TelemetrySystem.install(meter) }
        TelemetrySystem.install(delivery.tracer)
        return Telemetry(delivery)
    }

    private init(_ delivery: TelemetryDelivery?) { self.delivery = delivery }

    /// `Telemetry`.
    public var name: String { "Telemetry" }

    /// `true`.
    public var stopsLast: Bool { true }

    /// What became of the spans so far.
    public var counts: SpanCounts { delivery?.counts ?? SpanCounts() }

    /// Unhealthy once spans were lost, and while metrics are not delivered.
    public var health: ServiceHealth { ServiceHealth(blocker: delivery?.blocker) }

    /// The port at which metrics are scraped, also when the configuration left the choice open; `nil` where they aren't.
    public var prometheusPort: Int? { delivery?.endpoint?.port }

    /// What was measured so far, as Prometheus reads it; for services that answer who scrapes from a server of their own.
    ///
    /// - Parameter format: What the scraper asks for: `PrometheusText.Format(accept:)` of its request. The answer's
    ///   `Content-Type` is the format's `contentType`.
    /// - Returns: The text; empty where nothing is measured.
    public func prometheusText(_ format: PrometheusText.Format = .prometheus) -> String {
        delivery?.prometheusText(format) ?? ""
    }

    /// Returns when the telemetry has been shut down, or when the calling task is cancelled, which shuts it down.
    public func run() async throws {
        for await _ in stopped {}
        await shutdown()
    }

    /// Delivers every span that has ended so far and a report of what was measured so far, without waiting for more; all
    /// goes on after that.
    ///
    /// For work that may be stopped at any moment, such as a function that is frozen between two calls.
    ///
    /// - Parameter timeout: How long it may take, for spans and metrics together. What isn't done by then is still done
    ///   later.
    /// - Returns: Whether it was done in time; what could not be delivered counts in ``counts`` and ``health`` as ever.
    @discardableResult
    public func flush(within timeout: Duration = .seconds(5)) async -> Bool {
        guard let delivery else { return true }
        return await Self.blocking { delivery.flush(within: timeout) }
    }

    /// Delivers every span that has ended and a last report of metrics, and ends the export.
    ///
    /// Takes no longer than ``TelemetryConfiguration/shutdownTimeout``. What waits is tried, but who can't be reached is
    /// not waited for. What could not be delivered is told in a line.
    public func shutdown() async {
        if let delivery {
            await Self.blocking { delivery.shutdown() }
            // Who scrapes meanwhile is told of the last spans too.
            await delivery.endpoint?.shutdown()
        }
        stop.finish()
    }

    /// Does what blocks until the exporters are done, so not on a thread of the cooperative pool.
    private static func blocking<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: work()) }
        }
    }
}
