// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A wait that grows with each failure, up to a limit; what chance adds or takes is up to whoever waits.
package struct GrowingDelay: Sendable, Hashable {
    private let first: Duration
    private let factor: Double
    private let maximum: Duration

    /// - Parameters:
    ///   - first: The wait after the first failure.
    ///   - factor: By what it grows with each.
    ///   - maximum: The longest.
    package init(first: Duration, factor: Double, maximum: Duration) {
        self.first = first
        self.factor = factor
        self.maximum = maximum
    }

    /// The wait in seconds after so many failures, from 1.
    package func seconds(after failures: Int) -> Double {
        // Doubles, because they don't overflow: what is too long for one is infinite.
        let longest = maximum / .seconds(1)
        let shortest = first / .seconds(1)
        guard shortest > 0, factor > 1 else { return min(shortest, longest) }
        return min(shortest * pow(factor, Double(max(failures, 1)) - 1), longest)
    }
}
