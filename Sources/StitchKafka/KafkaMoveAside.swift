// SPDX-License-Identifier: Apache-2.0

/// Where records go whose handler failed: to a retry topic for each delay, one after the other, then to a dead topic.
///
/// The topics of `orders` with the delays 30 s and 5 min are `orders.retry.30s`, `orders.retry.5m` and `orders.dead`; with
/// the scope `billing` they are `orders.billing.retry.30s` and so on. Groups that read the same topic need a scope each,
/// unless a record that failed in one is to be tried in all of them.
public struct KafkaMoveAside: Sendable, Hashable {
    /// How long a record waits in each retry topic: each delay once, 1 ms to 30 days; none for the dead topic at once.
    public var retry: [Duration]

    /// The dead topic of all topics; `nil` for one of each.
    public var dead: String?

    /// What stands between a topic's name and those of its retry topics; `nil` for nothing.
    public var scope: String?

    /// Whether topics that aren't there are created, with as many partitions as the topic whose records they take, and room
    /// for records as large (`max.message.bytes`).
    public var createTopics: Bool

    /// Where records go whose handler failed.
    public init(retry: [Duration], dead: String? = nil, scope: String? = nil, createTopics: Bool = false) {
        self.retry = retry
        self.dead = dead
        self.scope = scope
        self.createTopics = createTopics
    }

    /// The topic where records of a topic wait for so long.
    ///
    /// - Parameters:
    ///   - topic: The topic that they were first in.
    ///   - delay: How long they wait, in whole milliseconds.
    /// - Returns: Its name.
    public func retryTopic(of topic: String, after delay: Duration) -> String {
        "\(base(of: topic)).retry.\(Self.name(of: delay))"
    }

    /// The topic where records of a topic end that are given up.
    ///
    /// - Parameter topic: The topic that they were first in.
    /// - Returns: Its name.
    public func deadTopic(of topic: String) -> String { dead ?? "\(base(of: topic)).dead" }

    /// The delay that is named so; `nil` for what is no name of one.
    package static func delay(named name: String) -> Duration? {
        let digits = name.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int64(digits), count > 0, count <= 2_592_000_000 else { return nil }
        switch name.dropFirst(digits.count) {
        case "h": return .seconds(3600 * count)
        case "m": return .seconds(60 * count)
        case "s": return .seconds(count)
        case "ms": return .milliseconds(count)
        default: return nil
        }
    }

    private func base(of topic: String) -> String { scope.map { "\(topic).\($0)" } ?? topic }

    /// `30s`, `5m`, `1h`, `1500ms`: a whole number of the largest unit that there is one of.
    static func name(of delay: Duration) -> String {
        let milliseconds = delay.wholeMilliseconds
        for (unit, length) in [("h", Int64(3_600_000)), ("m", 60_000), ("s", 1000)]
        where milliseconds >= length && milliseconds.isMultiple(of: length) {
            return "\(milliseconds / length)\(unit)"
        }
        return "\(milliseconds)ms"
    }
}
