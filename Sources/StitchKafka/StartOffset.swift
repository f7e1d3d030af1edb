// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// Where reading a partition was asked to begin, as librdkafka is told; what that comes to only the broker knows.
///
/// Pure.
struct StartOffset {
    /// An offset, or one of librdkafka's numbers for a place.
    var native: Int64

    /// Where the group goes on.
    static let committed = StartOffset(native: Int64(RD_KAFKA_OFFSET_STORED))

    /// Whether it depends on what the group has committed.
    var isCommitted: Bool { native == Self.committed.native }

    /// The offset of the record that comes first.
    ///
    /// - Parameters:
    ///   - committed: What the group has committed; `nil` for nothing.
    ///   - first: The partition's first offset.
    ///   - end: The offset behind its last record.
    ///   - reset: Where to begin where nothing is committed.
    /// - Returns: An offset from `first` to `end`.
    func offset(committed: Int64?, first: Int64, end: Int64, reset: KafkaConfiguration.OffsetReset) -> Int64 {
        let tail = Int64(RD_KAFKA_OFFSET_TAIL_BASE)
        let offset =
            switch native {
            case 0...: native
            case Int64(RD_KAFKA_OFFSET_END): end
            case Self.committed.native: committed ?? (reset == .latest ? end : first)
            case ...tail: end - (tail - native)
            default: first
            }
        return min(max(offset, first), end)
    }
}
