// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI

/// Keeps some measurements of one set of attributes, each with the same chance.
///
/// Pure. The number of places is what bounds it.
struct ExemplarReservoir {
    private struct Place {
        var exemplar: Exemplar?
        /// How many measurements of this place's bucket were offered since the last report.
        var seen: UInt64 = 0
    }

    // Empty until the first measurement that may be kept comes.
    private var places: ContiguousArray<Place> = []
    private var seen: UInt64 = 0

    /// Offers a measurement of a bucket, of which one is kept.
    ///
    /// - Parameters:
    ///   - bucket: From 0 to below `count`.
    ///   - count: How many buckets there are, always the same.
    ///   - random: Any number.
    ///   - exemplar: The measurement; made only when it is kept.
    mutating func offer(bucket: Int, of count: Int, random: UInt64, _ exemplar: () -> Exemplar) {
        if places.isEmpty { places = ContiguousArray(repeating: Place(), count: count) }
        places[bucket].seen &+= 1
        guard Self.pick(random, below: places[bucket].seen) == 0 else { return }
        places[bucket].exemplar = exemplar()
    }

    /// Offers a measurement, of which `count` are kept.
    mutating func offer(keeping count: Int, random: UInt64, _ exemplar: () -> Exemplar) {
        if places.isEmpty { places = ContiguousArray(repeating: Place(), count: count) }
        let place = seen < UInt64(count) ? seen : Self.pick(random, below: seen &+ 1)
        seen &+= 1
        guard place < UInt64(count) else { return }
        places[Int(place)].exemplar = exemplar()
    }

    /// What is kept; from now on each new measurement has its chance again.
    mutating func collect() -> [Exemplar] {
        seen = 0
        for index in places.indices { places[index].seen = 0 }
        return places.compactMap(\.exemplar)
    }

    private static func pick(_ random: UInt64, below limit: UInt64) -> UInt64 {
        random.multipliedFullWidth(by: limit).high
    }
}

/// Numbers to choose exemplars by: fast, and good enough for that alone.
struct ExemplarRandom {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed | 1
    }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_f491_4f6c_dd1d
    }
}

/// Which measurements may become exemplars (OpenTelemetry Metrics SDK, `ExemplarFilter`).
public enum ExemplarFilter: String, Sendable, Hashable, CaseIterable {
    /// Every one, outside of spans too.
    case alwaysOn = "always_on"
    /// None.
    case alwaysOff = "always_off"
    /// Those that were made in a span that is sampled: the exemplar leads to it.
    case traceBased = "trace_based"

    func accepts(_ context: SpanContext?) -> Bool {
        switch self {
        case .traceBased: context?.isSampled ?? false
        case .alwaysOn: true
        case .alwaysOff: false
        }
    }
}
