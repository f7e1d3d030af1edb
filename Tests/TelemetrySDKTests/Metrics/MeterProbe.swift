// SPDX-License-Identifier: Apache-2.0

@testable import TelemetrySDK

/// Instruments of the tests.
enum Shop {
    static let served = Counter.Description("shop.served", unit: "{order}", description: "Orders that went out.")
    static let open = UpDownCounter.Description("shop.open", unit: "{order}", description: "Orders at work.")
    static let stock = Gauge.Description("shop.stock", unit: "{article}", description: "Articles on the shelf.")
    static let size = Histogram.Description(
        "shop.size",
        unit: "By",
        description: "Sizes of orders.",
        boundaries: [1, 10, 100]
    )
}

/// The same numbers in each run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}

extension SDKMeter {
    /// A meter of nothing in particular.
    convenience init(_ settings: MeterSettings = MeterSettings()) {
        self.init(resource: Resource(), settings: settings, start: Timestamp(nanoseconds: 1))
    }

    func metric(_ name: String) -> MetricData? { collect().first { $0.name == name } }

    func numbers(_ name: String) -> [NumberPoint] { metric(name)?.numbers ?? [] }

    func histograms(_ name: String) -> [HistogramPoint] { metric(name)?.histograms ?? [] }
}

extension MetricData {
    var numbers: [NumberPoint] {
        switch content {
        case .sum(let points, _, _), .gauge(let points): points
        case .histogram: []
        }
    }

    var histograms: [HistogramPoint] { if case .histogram(let points, _) = content { points } else { [] } }
}
