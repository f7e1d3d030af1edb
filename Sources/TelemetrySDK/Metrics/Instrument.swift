// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import TelemetryAPI

/// What a meter keeps of one instrument: several stripes, which a report puts together.
final class Instrument: Sendable {
    let description: InstrumentDescription
    let hash: AttributeHash
    let filter: ExemplarFilter

    private let stripes: [Stripe]
    private let sets: AttributeSets
    private let boundaries: [Double]
    private let exemplarLimit: Int
    private let order = Atomic<UInt64>(0)

    init(_ description: InstrumentDescription, _ settings: MeterSettings, hash: AttributeHash) {
        self.description = description
        self.hash = hash
        filter = settings.exemplarFilter
        exemplarLimit = settings.exemplarLimit
        // A bucket above which nothing is, or which nothing can be in, would make no sense to anybody who reads it.
        let boundaries = Set(description.boundaries.filter(\.isFinite)).sorted()
        self.boundaries = boundaries
        sets = AttributeSets(limit: settings.attributeSetLimit)
        stripes = (0..<settings.stripeCount).map { number in
            Stripe(
                Aggregation(
                    description.kind,
                    boundaries: boundaries,
                    exemplarLimit: settings.exemplarLimit,
                    seed: hash.seed &+ UInt64(number) &* 0x9e37_79b9_7f4a_7c15
                )
            )
        }
    }

    /// A way to measure by each stripe.
    func recorders() -> [StripeRecorder] {
        stripes.indices.map { StripeRecorder(self, preferred: $0, stripes[$0]) }
    }

    fileprivate func record(
        _ value: MeasurementValue,
        _ attributes: Attributes,
        _ context: SpanContext?,
        preferring preferred: Int,
        _ stripe: Stripe
    ) {
        let hash = hash(attributes)
        // Of a measurement of a set that the stripe has met before, this is all.
        let isKnown = stripe.tryUse { aggregation in
            guard let position = aggregation.position(of: attributes, hash) else { return false }
            add(value, to: &aggregation, at: position, context)
            return true
        }
        if isKnown == true { return }
        recordElsewhere(value, attributes, hash, context, after: preferred, isKnown == nil)
    }

    /// Takes a measurement of a set that the stripe has not met, or while another thread uses it.
    @inline(never)
    private func recordElsewhere(
        _ value: MeasurementValue,
        _ attributes: Attributes,
        _ hash: UInt64,
        _ context: SpanContext?,
        after preferred: Int,
        _ isTaken: Bool
    ) {
        // Known to all stripes; asked without a stripe in hand, since it may wait.
        let set = sets.number(of: attributes, hash)
        let exemplarAttributes = set == Aggregation.overflow ? attributes : Attributes()
        var next = isTaken ? preferred + 1 : preferred
        while true {
            for offset in stripes.indices {
                let isDone: Void? = stripes[(next + offset) % stripes.count].tryUse { aggregation in
                    let position =
                        aggregation.position(of: attributes, hash) ?? aggregation.add(attributes, hash, set: set)
                    add(value, to: &aggregation, at: position, context, exemplarAttributes)
                }
                if isDone != nil { return }
            }
            // All are taken: some thread holds one without a processor, and gets one sooner for this.
            sched_yield()
            next = preferred
        }
    }

    private func add(
        _ value: MeasurementValue,
        to aggregation: inout Aggregation,
        at position: Int,
        _ context: SpanContext?,
        _ attributes: Attributes = Attributes()
    ) {
        let number: UInt64 =
            description.kind == .gauge ? order.wrappingAdd(1, ordering: .relaxed).newValue : 0
        aggregation.record(value, at: position, order: number, mayBeExemplar: filter.accepts(context)) {
            Exemplar(
                time: .now,
                value: value,
                traceID: context?.traceID,
                spanID: context?.spanID,
                attributes: attributes
            )
        }
    }

    /// What was measured since `start`, put together; `nil` of nothing.
    func collect(from start: Timestamp, at time: Timestamp) -> MetricData.Content? {
        var merge = SeriesMerge(description.kind, boundaries: boundaries, exemplarLimit: exemplarLimit)
        for stripe in stripes { merge.add(stripe.use { CollectedSeries.all(of: &$0) }) }
        // Asked for last, so that every set that a stripe has met is there.
        return merge.content(sets.all, from: start, at: time)
    }
}

/// Measures by one stripe of an instrument.
///
/// An object for each stripe, so that threads that measure at the same time don't count references to the same one.
final class StripeRecorder: MeasurementRecording {
    private let instrument: Instrument
    private let stripe: Stripe
    private let preferred: Int
    private let padding = CacheLines()

    init(_ instrument: Instrument, preferred: Int, _ stripe: Stripe) {
        self.instrument = instrument
        self.preferred = preferred
        self.stripe = stripe
    }

    func record(_ value: MeasurementValue, attributes: Attributes, context: SpanContext?) {
        instrument.record(value, attributes, context, preferring: preferred, stripe)
    }
}
