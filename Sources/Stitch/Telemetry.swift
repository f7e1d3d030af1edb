// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
public import StitchOTLP
public import TelemetrySDK

/// The telemetry of an application: a tracer, installed for the whole process, and the export of what it records.
///
/// A ``/StitchService/Service`` like the others; `runUntilSignal` stops it after all others, wherever it stands in the
/// list, so the spans of the others' last work are delivered too.
public final class Telemetry: Service {
    private let processor: BatchSpanProcessor?
    private let (stopped, stop) = AsyncStream.makeStream(of: Never.self)

    /// Starts tracing and makes the tracer the one of the process.
    ///
    /// - Parameter configuration: What it is called and where it goes; what the environment says, unless given.
    /// - Returns: The telemetry, to be run and shut down with the other services.
    /// - Throws: ``/StitchOTLP/OTLPError`` when the file to write to can't be opened.
    public static func start(
        _ configuration: TelemetryConfiguration = TelemetryConfiguration()
    ) throws(OTLPError) -> Telemetry {
        if configuration.isDisabled { return Telemetry() }
        return Telemetry(configuration, exporter: try makeExporter(configuration))
    }

    /// The way out of the process.
    static func makeExporter(_ configuration: TelemetryConfiguration) throws(OTLPError) -> any SpanExporter {
        if let file = configuration.file { return try FileSpanExporter(path: file) }
        return DiscardingSpanExporter()
    }

    /// Makes no spans, and delivers none.
    private init() {
        processor = nil
        // Hands on what comes in, in whatever format it came.
        TelemetrySystem.install(NoOpTracer())
    }

    private init(_ configuration: TelemetryConfiguration, exporter: any SpanExporter) {
        let processor = BatchSpanProcessor(
            exporter: exporter,
            capacity: configuration.queueCapacity ?? 2048,
            batchSize: configuration.batchSize,
            delay: configuration.exportDelay / .seconds(1)
        )
        self.processor = processor
        TelemetrySystem.install(
            SDKTracer(
                resource: configuration.resource(detected: .read()),
                processor: processor,
                sampler: configuration.sampler,
                limits: configuration.limits,
                propagator: configuration.propagator
            )
        )
    }

    /// `Telemetry`.
    public var name: String { "Telemetry" }

    /// `true`.
    public var stopsLast: Bool { true }

    /// What became of the spans so far.
    public var counts: SpanCounts { processor?.counts ?? SpanCounts() }

    /// Unhealthy once spans were lost.
    public var health: ServiceHealth {
        let counts = counts
        let lost = counts.dropped + counts.failed
        return ServiceHealth(blocker: lost == 0 ? nil : "\(lost) of \(counts.ended) spans were lost")
    }

    /// Returns when the telemetry has been shut down, or when the calling task is cancelled, which shuts it down.
    public func run() async throws {
        for await _ in stopped {}
        await shutdown()
    }

    /// Delivers every span that has ended, and ends the export.
    public func shutdown() async {
        guard let processor else {
            stop.finish()
            return
        }
        // Blocks until the exporter is done, so not on a thread of the cooperative pool.
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                processor.shutdown()
                continuation.resume()
            }
        }
        stop.finish()
    }
}
