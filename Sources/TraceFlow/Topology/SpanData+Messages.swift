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
    /// from the future didn't wait. While an attempt before was at work nothing waited.
    func messageWaits(_ table: SpanTable) -> [Int64] {
        let attempts = EarlierAttempts(before: self) { table[$0] }
        func cut(_ wait: Int64, at end: Timestamp?) -> Int64 {
            max(0, min(wait, end.map { start.nanoseconds(after: $0) } ?? wait))
        }
        if batchCount == nil, attributes[Attribute.wait] != nil { return [cut(waitInNanoseconds, at: attempts.end)] }
        return creationLinks.compactMap { link in
            let end = attempts.end(at: link)
            if let seconds = link.attributes[Attribute.wait]?.doubleValue {
                return Int64(nanosecondsOf: seconds).map { cut($0, at: end) }
            }
            return table[SpanReference(link.context)].map { cut(lag(behind: $0), at: end) }
        }
    }

    /// How long each message lay in the outbox that it sends them from; of those to one topic or queue.
    func outboxWaits(_ table: SpanTable, to node: Topology.Node) -> [Int64] {
        guard isRelay({ table[$0] }) else { return [] }
        let creations = creationLinks.compactMap { table[SpanReference($0.context)] }
        let own = creations.filter { destination != nil || $0.destinationNode == node }
        return own.map { max(0, lag(behind: $0)) }
    }

    /// How long after another's end it starts.
    private func lag(behind other: SpanData) -> Int64 { start.nanoseconds(after: max(other.start, other.end)) }
}
