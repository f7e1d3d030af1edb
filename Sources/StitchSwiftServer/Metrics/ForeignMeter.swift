// SPDX-License-Identifier: Apache-2.0

#if MetricsSupport
public import CoreMetrics
import Synchronization
public import TelemetryAPI
import TelemetryData

/// A backend of swift-metrics under Stitch's instrumentation: it gets what Stitch measures of Kafka, jobs and the rest.
///
/// ```swift
/// MetricsSystem.bootstrap(backend)
/// TelemetrySystem.install(ForeignMeter())
/// ```
///
/// **Contract.** Names become labels, attributes become dimensions, in the order of their keys. A counter is a counter, one
/// that counts in fractions a floating-point counter; an up-down counter and a gauge are meters; a histogram is a timer
/// if its unit is `s`, or else a recorder. What the other side doesn't have is left out: units, descriptions, the
/// boundaries of buckets, the spans of the exemplars. Of each instrument at most 2,000 sets of attributes are told apart,
/// all further ones are one, `otel.metric.overflow=true`.
public final class ForeignMeter: TelemetryAPI.Meter {
    private let factory: any MetricsFactory
    private let recorders = Mutex<[InstrumentDescription: ForeignInstrument]>([:])

    /// A meter over a backend.
    ///
    /// - Parameter factory: The backend; that of `MetricsSystem`, which has to be bootstrapped before, unless told
    ///   otherwise. If it is ``StitchMetricsFactory``, which would lead back here, nothing is measured.
    public init(_ factory: (any MetricsFactory)? = nil) {
        let factory = factory ?? MetricsSystem.factory
        self.factory = factory is StitchMetricsFactory ? NOOPMetricsHandler.instance : factory
    }

    /// `true`.
    public var isRecording: Bool { true }

    /// What hands an instrument's measurements on.
    public func recorder(of instrument: InstrumentDescription) -> (any MeasurementRecording)? {
        recorders.withLock { recorders in
            if let recorder = recorders[instrument] { return recorder }
            let recorder = ForeignInstrument(instrument, factory: factory)
            recorders[instrument] = recorder
            return recorder
        }
    }
}
#endif
