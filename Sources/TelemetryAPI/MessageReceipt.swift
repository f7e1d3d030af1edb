// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// What is known of a message because it was received, beside its ``MessageDetails``.
@usableFromInline
package struct MessageReceipt: Sendable, Hashable {
    /// What the message's timestamp says.
    @usableFromInline
    package enum TimestampType: UInt8, Sendable, Hashable {
        case unknown
        case createTime
        case logAppendTime

        /// Whether anything is to be said of it.
        @inlinable package var isKnown: Bool {
            if case .unknown = self { false } else { true }
        }

        /// The value of `stitch.message.timestamp_type`; `nil` where nothing is to be said.
        package var name: StaticString? {
            switch self {
            case .unknown: nil
            case .createTime: "create_time"
            case .logAppendTime: "log_append_time"
            }
        }
    }

    /// How long the message waited, in nanoseconds.
    ///
    /// Below 0 where the clocks disagree, `nil` where it isn't known.
    @usableFromInline package var waitNanoseconds: Int64?

    /// How much of that it waited for somebody who had time, in nanoseconds from 0; `nil` where it isn't known.
    @usableFromInline package var readyNanoseconds: Int64?

    /// The message's id, where that is a number; `nil` where it isn't, or is said elsewhere.
    @usableFromInline package var messageNumber: Int64?

    /// How many messages came after it, from 0; `nil` where it isn't known.
    @usableFromInline package var lag: Int64?

    /// What its timestamp says.
    @usableFromInline package var timestampType: TimestampType

    /// Nothing known.
    @inlinable
    package init() {
        // Here rather than where they are declared, from where no initial value is inlined.
        (waitNanoseconds, readyNanoseconds, messageNumber, lag) = (nil, nil, nil, nil)
        timestampType = .unknown
    }

    /// How many attributes it has at most.
    package static var maximumCount: Int { 5 }

    /// Sets the attributes.
    package func fill(_ builder: inout SpanBuilder) {
        typealias Attribute = MessagingConventions.Attribute
        if let waitNanoseconds {
            // As `MessageWait` says it.
            let seconds = Double(waitNanoseconds.magnitude) / 1e9
            builder.attributes.set(waitNanoseconds < 0 ? Attribute.clockSkew : Attribute.wait, seconds)
        }
        builder.attributes.set(Attribute.waitReady, readyNanoseconds.map { Double($0) / 1e9 })
        builder.attributes.set(Attribute.messageID, messageNumber.map { String($0) })
        builder.attributes.set(Attribute.timestampType, timestampType.name.map { $0.description })
        builder.attributes.set(Attribute.kafkaLag, lag)
    }
}
