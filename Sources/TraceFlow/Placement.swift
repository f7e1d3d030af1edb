// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Under which span each span of a flow stands: its parent if that is of the flow, else the first span of the flow that
/// it links to.
///
/// Spans are called by their position in ``Flow/spans``. Those that share a row make a *unit*, called by its first span.
struct Placement {
    let flow: Flow

    /// The span that each span stands under; the origin has itself.
    private(set) var causes: [Int]

    /// The unit that each span belongs to.
    private(set) var units: [Int]

    /// The spans of each unit that has several, in order.
    private(set) var attempts: [Int: [Int]] = [:]

    /// The units under each unit, in the order of their start.
    private(set) var effects: [Int: [Int]] = [:]

    /// How many spans there are in each unit and below, and how many of these failed.
    private(set) var sizes: [Int]
    private(set) var failures: [Int]

    init(_ flow: Flow, joinsAttempts: Bool) {
        self.flow = flow
        let spans = flow.spans
        causes = Array(repeating: 0, count: spans.count)
        units = Array(spans.indices)
        sizes = Array(repeating: 1, count: spans.count)
        failures = spans.map { $0.status.isError ? 1 : 0 }
        for (index, span) in spans.enumerated().dropFirst() {
            let parent = span.parentReference.flatMap { flow.position(of: $0) }
            // An origin that is part of a circle is the root all the same.
            causes[index] =
                parent.flatMap { $0 == index ? nil : $0 }
                ?? span.links.lazy.filter(\.isCause).compactMap { flow.position(of: SpanReference($0.context)) }
                .first { $0 != index } ?? 0
        }
        let order = Forest.cutCircles(&causes) { _ in }
        if joinsAttempts { join() }
        for index in spans.indices.dropFirst() where units[index] == index {
            effects[units[causes[index]], default: []].append(index)
        }
        for index in order.dropFirst().reversed() {
            let above = units[index] == index ? units[causes[index]] : units[index]
            sizes[above] += sizes[index]
            failures[above] += failures[index]
        }
    }

    /// Makes a unit of the attempts at one message: those under the same span of which each links to the one before, or that
    /// name the message.
    private mutating func join() {
        struct Message: Hashable {
            let cause: Int
            let destination: String?
            let id: String
        }
        var messages: [Message: Int] = [:]
        for (index, span) in flow.spans.enumerated().dropFirst() where span.messagingOperation == .process {
            for link in span.links where link.role == .previousAttempt {
                guard let before = flow.position(of: SpanReference(link.context)), before != 0,
                    causes[before] == causes[index]
                else { continue }
                unite(index, before)
            }
            guard span.attempt != nil,
                let id = span.attributes[MessagingConventions.Attribute.messageID]?.stringValue
            else { continue }
            let message = Message(cause: causes[index], destination: span.destination, id: id)
            if let other = messages[message] { unite(index, other) } else { messages[message] = index }
        }
        for index in units.indices {
            units[index] = unit(of: index)
            if units[index] != index { attempts[units[index], default: [units[index]]].append(index) }
        }
    }

    private mutating func unite(_ a: Int, _ b: Int) {
        let (first, second) = (unit(of: a), unit(of: b))
        units[max(first, second)] = min(first, second)
    }

    private mutating func unit(of index: Int) -> Int {
        var index = index
        while units[index] != index {
            units[index] = units[units[index]]
            index = units[index]
        }
        return index
    }
}

extension Placement {
    /// The row of a unit, or of several that are folded.
    func row(_ entry: WaterfallFold.Entry, depth: Int, continues: [Bool]) -> Waterfall.Row {
        let spans = (attempts[entry.unit] ?? []).map { flow.spans[$0] }
        let span = flow.spans[entry.unit]
        let isFolded = entry.fold != nil
        return Waterfall.Row(
            span: span,
            attempts: isFolded ? [] : spans,
            fold: entry.fold,
            depth: depth,
            continues: continues,
            waits: isFolded ? [] : (spans.isEmpty ? [span] : spans).flatMap { flow.waits(of: $0) },
            startsTrace: entry.unit != 0 && flow.spans[causes[entry.unit]].traceID != span.traceID,
            companions: isFolded ? 0 : flow.companions(of: span)
        )
    }
}
