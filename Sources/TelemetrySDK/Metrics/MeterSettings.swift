// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How much a meter keeps.
///
/// **Memory.** A set of attributes takes about 150 bytes beside the attributes themselves, which are kept once, and, of a
/// histogram, 8 for each bucket; exemplars take about 90 each, one a bucket for histograms and ``exemplarLimit`` for others.
/// Of each set there are as many as threads measure it at the same time, at most as many as there are stripes: a power of
/// two, about twice the processors and no more than 16. So an instrument takes at most that many times
/// ``attributeSetLimit`` times what one set takes.
public struct MeterSettings: Sendable, Hashable {
    /// How many sets of attributes an instrument tells apart, from 1; what is measured of further ones is put together
    /// under `otel.metric.overflow=true`.
    public var attributeSetLimit: Int {
        didSet { attributeSetLimit = max(1, attributeSetLimit) }
    }

    /// How many instruments there may be, from 1; further ones measure nothing, which is told once.
    public var instrumentLimit: Int {
        didSet { instrumentLimit = max(1, instrumentLimit) }
    }

    /// Which measurements may become exemplars.
    public var exemplarFilter: ExemplarFilter

    /// How many exemplars a point of a counter or gauge has, from 1; a histogram's has one for each bucket.
    public var exemplarLimit: Int {
        didSet { exemplarLimit = max(1, exemplarLimit) }
    }

    /// Among how many parts the threads that measure are spread: a power of two.
    var stripeCount: Int

    /// How much a meter keeps.
    ///
    /// - Parameters:
    ///   - attributeSetLimit: How many sets of attributes an instrument tells apart, from 1.
    ///   - instrumentLimit: How many instruments there may be, from 1.
    ///   - exemplarFilter: Which measurements may become exemplars.
    ///   - exemplarLimit: How many exemplars a point of a counter or gauge has, from 1.
    public init(
        attributeSetLimit: Int = 2000,
        instrumentLimit: Int = 1000,
        exemplarFilter: ExemplarFilter = .traceBased,
        exemplarLimit: Int = 4
    ) {
        self.attributeSetLimit = max(1, attributeSetLimit)
        self.instrumentLimit = max(1, instrumentLimit)
        self.exemplarFilter = exemplarFilter
        self.exemplarLimit = max(1, exemplarLimit)
        let wanted = min(16, 2 * ProcessInfo.processInfo.activeProcessorCount)
        var stripeCount = 1
        while stripeCount < wanted { stripeCount *= 2 }
        self.stripeCount = stripeCount
    }
}
