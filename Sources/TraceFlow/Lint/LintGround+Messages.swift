// SPDX-License-Identifier: Apache-2.0

import TelemetryData

extension LintGround {
    /// The creations of a poll's messages on which nobody of its service works; one for each of these messages.
    func idleMessages(of poll: SpanData) -> [SpanReference] {
        poll.creationLinks.map { SpanReference($0.context) }.filter { message in
            // Somebody else's work on the message is none of this one's.
            !(work[message] ?? []).contains {
                table.spans[$0].resource.serviceName == poll.resource.serviceName
            }
        }
    }

    /// Whether no span sends the message that a span created, nor works on it.
    func isUnsent(_ creation: SpanData) -> Bool {
        creation.kind == .producer && !sent.contains(creation.reference) && work[creation.reference] == nil
            && !servicesWithoutAllLinks.contains(creation.resource.serviceName)
    }
}
