// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI
import TelemetryData
import TraceContext

extension SpanBuilder {
    /// Adds a link that says what it is to, and more; none to a span that nobody can name.
    mutating func addLink(_ context: SpanContext, role: MessagingConventions.LinkRole, attributes: Attributes) {
        guard context.isValid else { return }
        var attributes = attributes
        attributes[MessagingConventions.Attribute.linkRole] = .string(role.rawValue)
        addLink(context, attributes: attributes)
    }

    /// Adds a link to each message's creation, with what is that message's own.
    ///
    /// Where there are more than a span keeps, those to sampled spans have to stay, then those of the oldest messages: they
    /// come first, and otherwise the order is that of the messages.
    mutating func addCreationLinks(_ messages: some Sequence<(ReceivedMessage, SpanContext?)>) {
        let linked = messages.compactMap { message, creation in creation.map { (message, $0) } }
        let ordered = linked.enumerated().sorted { a, b in
            let (first, second) = (a.element, b.element)
            if first.1.isSampled != second.1.isSampled { return first.1.isSampled }
            let ages = (first.0.created?.nanoseconds ?? .max, second.0.created?.nanoseconds ?? .max)
            return ages.0 == ages.1 ? a.offset < b.offset : ages.0 < ages.1
        }
        for (_, (message, creation)) in ordered {
            var attributes = message.attributes
            attributes.set(MessagingConventions.Attribute.messageID, message.id)
            message.wait?.fill(&attributes)
            message.fillFlaws(&attributes, creation: creation)
            addLink(creation, role: .creation, attributes: attributes)
        }
    }
}
