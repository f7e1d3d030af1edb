// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow

/// What a store holds at one moment, in whole commits: it stays as it is, whatever is written, sealed or dropped meanwhile.
///
/// Any number of threads read it. Files that were removed since are read as long as somebody holds the snapshot.
struct StoreSnapshot: Sendable {
    /// A sealed partition, and its rows that a later copy in another partition has replaced.
    struct Sealed: Sendable {
        let partition: SealedPartition
        let superseded: Set<Int>
    }

    /// An open partition up to a row, and its spans that a later copy in a newer partition has replaced.
    struct Open: Sendable {
        let partition: OpenPartition
        let rowCount: Int
        let superseded: Set<SpanReference>
    }

    /// By number.
    var sealed: [Sealed] = []
    /// By number, all newer than those that are sealed.
    var open: [Open] = []

    /// Called in the midst of each search, for tests.
    var midway: (@Sendable () -> Void)?

    /// Asks a sealed partition; what makes no sense there is its damage.
    func ask<Result>(_ sealed: Sealed, _ body: (SealedPartition) throws -> Result) throws -> Result {
        try sealed.partition.ask(body)
    }
}

/// A sealed file does not hold what was written.
struct DamagedPartition: Error {
    var number: Int64
    var generation: Int64
}
