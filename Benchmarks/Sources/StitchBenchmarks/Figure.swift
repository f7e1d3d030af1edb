// SPDX-License-Identifier: Apache-2.0

import Foundation

/// One measured value: a line of `make bench`.
struct Figure: CustomStringConvertible {
    /// Units are never scaled: a figure keeps its unit whatever its value.
    enum Unit: String {
        case nanoseconds = "ns"
        case microseconds = "us"
        case milliseconds = "ms"
        case perSecond = "per second"
        case bytes = "B"
        case ratio
        case count
    }

    let name: String
    let value: Double
    let unit: Unit

    /// `name value unit`, with three decimals below ten and one above; counts and bytes whole.
    var description: String {
        let digits =
            switch unit {
            case .bytes, .count: 0
            default: value < 10 ? 3 : 1
            }
        return "\(name) \(String(format: "%.\(digits)f", value)) \(unit.rawValue)"
    }
}

/// Figures that are measured together, such as `context`.
protocol BenchmarkGroup {
    /// What `ONLY=` calls it, and how the names of its figures begin.
    static var name: String { get }

    /// Measures. Figures that are compared with each other are measured in one go, in turns.
    static func run() async throws -> [Figure]
}
