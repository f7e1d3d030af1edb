// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import TelemetryData

extension MessageTarget {
    /// The jobs of one kind in one queue, as spans name them.
    static func jobs(queue: String, kind: String) -> MessageTarget {
        typealias Attribute = MessagingConventions.Attribute
        return MessageTarget(
            system: "stitch",
            destination: "\(queue)/\(kind)",
            attributes: [Attribute.jobQueue: .string(queue), Attribute.jobKind: .string(kind)]
        )
    }
}
