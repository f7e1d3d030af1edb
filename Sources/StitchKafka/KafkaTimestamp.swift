// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// When a record came into being, and by whose clock.
public enum KafkaTimestamp: Sendable, Hashable {
    /// The producer's clock, in milliseconds since 1970.
    case createTime(milliseconds: Int64)

    /// The broker's clock when it appended the record, in milliseconds since 1970.
    case logAppendTime(milliseconds: Int64)

    /// The broker gave none.
    case unavailable

    /// Milliseconds since 1970, whoever's clock it was; `nil` when there is none.
    public var milliseconds: Int64? {
        switch self {
        case .createTime(let milliseconds), .logAppendTime(let milliseconds): milliseconds
        case .unavailable: nil
        }
    }

    /// The same as a date; `nil` when there is none.
    public var date: Date? { milliseconds.map { Date(timeIntervalSince1970: Double($0) / 1000) } }
}
