// SPDX-License-Identifier: Apache-2.0

import TelemetryData

extension LintGround {
    /// The messages of a poll on which nobody of its service works.
    ///
    /// Messages may have a creation in common: those that one send creates, and a record in several retry topics. Which of
    /// them work is on is told by their names, where polls and work of the same tracer name messages alike.
    ///
    /// - Parameters:
    ///   - poll: A poll.
    ///   - isStrict: Whether polls and work are taken to name messages alike, even if none has been seen in both.
    /// - Returns: The creation of each of these messages.
    func idleMessages(of poll: SpanData, isStrict: Bool = false) -> [SpanReference] {
        let comparesNames = isStrict || comparable.contains(LintedTracer(poll))
        var known: [SpanReference: MessageWork] = [:]
        return poll.creationLinks.compactMap { link in
            let creation = SpanReference(link.context)
            let work = known[creation] ?? self.work(on: creation, asOf: poll)
            known[creation] = work
            let name = comparesNames ? MessageName(poll, link.attributes) : nil
            return work.includes(name) ? nil : creation
        }
    }

    /// Whether no span sends the message that a span created, nor works on it.
    func isUnsent(_ creation: SpanData) -> Bool {
        creation.kind == .producer && !sent.contains(creation.reference) && work[creation.reference] == nil
            && !servicesWithoutAllLinks.contains(creation.resource.serviceName)
    }

    /// Whether a poll's message has the same name as some work on it.
    func namesWork(_ poll: SpanData) -> Bool {
        poll.creationLinks.contains { link in
            guard let name = MessageName(poll, link.attributes) else { return false }
            return work(on: SpanReference(link.context), asOf: poll).names.contains(name)
        }
    }

    /// The work on messages of one creation; somebody else's work is none of the poll's service.
    private func work(on creation: SpanReference, asOf poll: SpanData) -> MessageWork {
        var found = MessageWork()
        for position in work[creation] ?? [] {
            let span = table.spans[position]
            guard span.resource.serviceName == poll.resource.serviceName else { continue }
            let isComparable = LintedTracer(span) == LintedTracer(poll)
            for name in span.messageNames(createdBy: creation) { found.add(isComparable ? name : nil) }
        }
        return found
    }
}

/// Who makes spans, and so decides how they name messages.
struct LintedTracer: Sendable, Hashable {
    private var service: String
    private var scope: String

    init(_ span: SpanData) {
        service = span.resource.serviceName
        scope = span.scope.name
    }
}

/// The work on messages that have their creation in common.
private struct MessageWork {
    private(set) var names: Set<MessageName> = []
    /// Whether there is work of which it isn't known on which message it is.
    private var isVague = false

    mutating func add(_ name: MessageName?) {
        if let name { names.insert(name) } else { isVague = true }
    }

    /// Whether there may be work on a message.
    func includes(_ name: MessageName?) -> Bool {
        guard let name, !isVague else { return isVague || !names.isEmpty }
        return names.contains(name) || names.contains { !$0.isComparable(to: name) }
    }
}

extension SpanData {
    /// What it calls its messages of one creation.
    fileprivate func messageNames(createdBy creation: SpanReference) -> [MessageName?] {
        guard batchCount != nil else { return [messageName] }
        return creationLinks.filter { SpanReference($0.context) == creation }.map { MessageName(self, $0.attributes) }
    }
}
