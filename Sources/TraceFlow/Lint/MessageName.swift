// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// What tells one message from the others of its topic or queue, over all spans that are about it.
struct MessageName: Sendable, Hashable {
    private var system: String
    private var destination: String
    private var partition: String
    /// The offset, or the message's id.
    private var id: String

    init?(_ span: SpanData, _ attributes: Attributes) {
        // What is about several topics says so of each message.
        let own = attributes[MessagingConventions.Attribute.destinationName]?.stringValue
        guard let destination = own ?? span.destination else { return nil }
        self.destination = destination
        system = span.attributes[MessagingConventions.Attribute.system]?.stringValue ?? ""
        if let partition = attributes[MessagingConventions.Attribute.partitionID]?.stringValue,
            let offset = attributes[MessagingConventions.Attribute.kafkaOffset]?.intValue
        {
            self.partition = partition
            id = String(offset)
        } else if let id = attributes[MessagingConventions.Attribute.messageID]?.stringValue {
            partition = ""
            self.id = id
        } else {
            return nil
        }
    }

    /// Whether a message of another name is another message: both have a partition, or neither.
    func isComparable(to other: MessageName) -> Bool {
        system == other.system && partition.isEmpty == other.partition.isEmpty
    }
}

extension SpanData {
    /// The message that it is about, if it is a single one that can be told from others.
    var messageName: MessageName? { MessageName(self, attributes) }
}
