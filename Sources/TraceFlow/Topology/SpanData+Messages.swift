// SPDX-License-Identifier: Apache-2.0

import TelemetryData

extension SpanData {
    private typealias Attribute = MessagingConventions.Attribute

    /// The topic or queue, as a node.
    var destinationNode: Topology.Node? {
        guard let destination else { return nil }
        return .destination(system: attributes[Attribute.system]?.stringValue ?? "", name: destination)
    }

    /// How many messages it is about, at least one.
    ///
    /// A number that nobody can have meant counts as the links that there are.
    var messageCount: Int {
        guard let count = batchCount else { return 1 }
        return (1...1_000_000_000).contains(count) ? count : max(1, links.count)
    }

    /// The links to what created its messages, those of which nobody said what they are to among them.
    var creationLinks: [SpanLink] { links.filter { $0.role == .creation || $0.role == nil } }

    /// How many of its messages have no link to what created them.
    var lackingCreationLinks: Int {
        guard missingCreationLinks != nil else { return 0 }
        return max(0, messageCount - creationLinks.count)
    }

    /// How long each of its messages waited, as far as that is known.
    ///
    /// What nobody measured is reckoned from the end of the span that created the message; a message that seems to come
    /// from the future didn't wait.
    func messageWaits(_ table: SpanTable) -> [Int64] {
        if batchCount == nil, attributes[Attribute.wait] != nil { return [waitInNanoseconds] }
        return creationLinks.compactMap { link in
            if let seconds = link.attributes[Attribute.wait]?.doubleValue {
                return Int64(nanosecondsOf: seconds).map { max(0, $0) }
            }
            guard let creation = table[SpanReference(link.context)] else { return nil }
            return max(0, start.nanoseconds(after: max(creation.start, creation.end)))
        }
    }
}
