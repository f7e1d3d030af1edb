// SPDX-License-Identifier: Apache-2.0

/// The topics that a consumer moves records to, and the way of a record through them.
///
/// What counts is the topic that a record is read from, not what its headers say.
struct RetryTopics: Sendable {
    /// Where on its way a record is.
    struct Place: Hashable {
        /// The topic that it was first in.
        var topic: String
        /// The retry topic that it is in, from 1; 0 for the first topic.
        var stage: Int
    }

    /// The next topic on the way.
    struct Step: Hashable {
        var topic: String
        /// How long it waits there; `nil` for the dead topic, where it stays.
        var delay: Duration?
    }

    /// The topics that records are moved aside from.
    let topics: [String]
    let move: KafkaMoveAside
    private let places: [String: Place]

    /// - Throws: `KafkaError` that names the option, its value and what would be right.
    init(_ topics: [String], _ move: KafkaMoveAside) throws(KafkaError) {
        try Self.check(topics, move)
        // Who names the retry topics too means the same.
        let own = Set(topics.flatMap { topic in move.retry.map { move.retryTopic(of: topic, after: $0) } })
        let topics = topics.filter { !own.contains($0) }
        self.topics = topics
        self.move = move
        var places: [String: Place] = [:]
        for topic in topics {
            for (index, delay) in move.retry.enumerated() {
                places[move.retryTopic(of: topic, after: delay)] = Place(topic: topic, stage: index + 1)
            }
        }
        self.places = places
    }

    /// The retry topics, in the order of the topics and their delays.
    var retryTopics: [String] {
        topics.flatMap { topic in move.retry.map { move.retryTopic(of: topic, after: $0) } }
    }

    /// All topics that records are moved to, each with the topic that they come from first.
    var targets: [(name: String, like: String)] {
        var seen = Set(topics)
        return topics.flatMap { topic in
            (move.retry.map { move.retryTopic(of: topic, after: $0) } + [move.deadTopic(of: topic)]).map { ($0, topic) }
        }
        .filter { seen.insert($0.0).inserted }
    }

    /// Where on their way the records of a topic are.
    func place(of topic: String) -> Place { places[topic] ?? Place(topic: topic, stage: 0) }

    /// Where a record goes from there.
    func step(after place: Place) -> Step {
        guard move.retry.indices.contains(place.stage) else { return deadStep(of: place) }
        let delay = move.retry[place.stage]
        return Step(topic: move.retryTopic(of: place.topic, after: delay), delay: delay)
    }

    /// Where a record goes from there that is given up.
    func deadStep(of place: Place) -> Step { Step(topic: move.deadTopic(of: place.topic), delay: nil) }

    /// How long records wait there; `nil` where they don't.
    func delay(at place: Place) -> Duration? {
        move.retry.indices.contains(place.stage - 1) ? move.retry[place.stage - 1] : nil
    }

    /// How long a record has still to wait.
    ///
    /// Never longer than the topic's delay, whatever a header or another machine's clock says.
    ///
    /// - Parameters:
    ///   - due: When it is due, in milliseconds since 1970, as its header says; `nil` without one.
    ///   - written: When it was written there; `nil` where that isn't known.
    ///   - place: Where it is.
    ///   - now: Now.
    /// - Returns: The wait; 0 for one that is due.
    func wait(due: Int64?, written: Int64?, at place: Place, now: Int64) -> Duration {
        guard let delay = delay(at: place) else { return .zero }
        let length = delay.wholeMilliseconds
        // Somebody else may have put it there.
        guard let due = due ?? written.map({ $0.addingReportingOverflow(length).partialValue }) else { return .zero }
        let (left, overflow) = due.subtractingReportingOverflow(now)
        let limited = overflow ? (due > now ? length : 0) : left
        return .milliseconds(min(max(limited, 0), length))
    }

    private static func check(_ topics: [String], _ move: KafkaMoveAside) throws(KafkaError) {
        func refuse(_ option: String, _ value: some Any, _ what: String) -> KafkaError {
            KafkaError(.configuration, "The option 'onFailure.\(option)' is \(value): \(what)")
        }
        if let pattern = topics.first(where: { $0.hasPrefix("^") }) {
            throw KafkaError(
                .configuration,
                "The option 'topics' has '\(pattern)' and 'onFailure' moves records aside: name the topics, because those "
                    + "of a regular expression aren't known"
            )
        }
        for delay in move.retry {
            // In this order: longer ones don't fit a number of milliseconds.
            guard delay >= .milliseconds(1), delay <= .seconds(2_592_000),
                Duration.milliseconds(delay.wholeMilliseconds) == delay
            else {
                throw refuse("retry", move.retry, "a delay has to be from 1 ms to 30 days, in whole milliseconds")
            }
        }
        guard Set(move.retry).count == move.retry.count else {
            throw refuse("retry", move.retry, "each delay may be there once, because the topics are named after them")
        }
        for (option, name) in [("scope", move.scope), ("dead", move.dead)] {
            guard let name, !isName(name) else { continue }
            throw refuse(option, "'\(name)'", "give letters, digits, '.', '_' and '-'")
        }
        let names = topics.flatMap { topic in
            move.retry.map { move.retryTopic(of: topic, after: $0) } + [move.deadTopic(of: topic)]
        }
        if let long = names.first(where: { $0.utf8.count > 249 }) {
            throw KafkaError(
                .configuration,
                "The option 'onFailure' makes the topic '\(long)', whose name is longer than 249 bytes"
            )
        }
        let read = topics + topics.flatMap { topic in move.retry.map { move.retryTopic(of: topic, after: $0) } }
        if let dead = move.dead, read.contains(dead) {
            throw refuse("dead", "'\(dead)'", "the consumer reads that topic itself, so nothing would ever end there")
        }
    }

    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".."
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte)
                }
            }
    }
}
