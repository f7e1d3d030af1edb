// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

/// How much is in a store.
public struct StoreStatistics: Sendable, Hashable {
    /// How many spans are not sealed yet, each counted once.
    public var openSpanCount: Int

    /// How many are, each counted once.
    public var sealedSpanCount: Int

    /// How many bytes sealed files have, with all that makes their spans findable.
    public var sealedByteCount: Int

    /// How many sealed files there are.
    public var sealedPartitionCount: Int

    /// When the oldest span began, by its own clock; `nil` if there is none.
    public var oldestStart: Timestamp?
}
