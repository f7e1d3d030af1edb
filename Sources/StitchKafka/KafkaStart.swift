// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// Where reading a partition begins.
public enum KafkaStart: Sendable, Hashable {
    /// With the oldest record that there is.
    case beginning

    /// With the next record that is written.
    case end

    /// Where the group has committed that it goes on; where it has not, as the configuration's `autoOffsetReset` says.
    case committed

    /// With this offset, from 0.
    case offset(Int64)

    /// So many records before the end, from 1.
    case last(Int64)

    /// As librdkafka has it; `nil` for an offset or a count that can't be.
    var native: Int64? {
        switch self {
        case .beginning: Int64(RD_KAFKA_OFFSET_BEGINNING)
        case .end: Int64(RD_KAFKA_OFFSET_END)
        case .committed: Int64(RD_KAFKA_OFFSET_STORED)
        case .offset(let offset): offset >= 0 ? offset : nil
        // Before that, nothing else is told by a negative number.
        case .last(let count): (1...(1 << 32)).contains(count) ? Int64(RD_KAFKA_OFFSET_TAIL_BASE) - count : nil
        }
    }
}
