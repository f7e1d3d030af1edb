// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// The sources of a partition by number, from 0.
struct SourceTable {
    private(set) var sources: [SpanSource] = []
    private var numbers: [SpanSourceKey: UInt32] = [:]

    /// A source's number, if it has one.
    subscript(key: SpanSourceKey) -> UInt32? { numbers[key] }

    /// Gives a source the next number.
    @discardableResult
    mutating func add(_ key: SpanSourceKey) -> UInt32 {
        let number = UInt32(truncatingIfNeeded: sources.count)
        sources.append(SpanSource(key))
        numbers[key] = number
        return number
    }
}
