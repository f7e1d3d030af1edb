// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import TelemetryData
import TraceContext

extension MessageTarget {
    /// The jobs of one kind in one queue, as spans name them.
    static func jobs(queue: String, kind: String, baggage: BaggagePolicy = .all) -> MessageTarget {
        typealias Attribute = MessagingConventions.Attribute
        return MessageTarget(
            system: "stitch",
            destination: "\(queue)/\(kind)",
            attributes: [Attribute.jobQueue: .string(queue), Attribute.jobKind: .string(kind)],
            baggage: baggage
        )
    }
}
