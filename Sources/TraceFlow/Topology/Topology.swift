// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

/// Who talks to whom, and how well: services and the topics and queues between them.
///
/// Made of spans alone, over links as over parents. What waits lies at the topic's way to the service: that is where it
/// waits. What lay in an outbox before waited on the service's way to the topic.
public struct Topology: Sendable {
    /// A service, or a topic or queue.
    public enum Node: Sendable, Hashable, CustomStringConvertible {
        /// A service, by name.
        case service(String)
        /// A topic or queue of a messaging system; the system is empty where nobody said.
        case destination(system: String, name: String)

        /// Its name.
        public var description: String {
            switch self {
            case .service(let name), .destination(_, let name): name
            }
        }
    }

    /// One way between two nodes.
    public struct Edge: Sendable, Hashable {
        /// What goes this way.
        public enum Kind: String, Sendable, Hashable, CaseIterable {
            /// Messages that a service sends to a topic or queue.
            case send
            /// Messages of a topic or queue that a service works on.
            case process
            /// Requests of a service that another one answers.
            case call
        }

        /// Where it begins.
        public let from: Node

        /// Where it leads.
        public let to: Node

        /// What goes this way.
        public let kind: Kind

        /// How many spans were counted.
        public let spans: Int

        /// How many messages or requests: a span may be about many.
        public let messages: Int

        /// How many messages or requests a second, over the whole window.
        public let rate: Double

        /// How many spans failed.
        public let errors: Int

        /// How long the spans took.
        public let duration: DurationSummary

        /// How long messages waited, each by itself; of work on messages, and of what was sent from an outbox.
        public let wait: DurationSummary

        /// How many messages or requests there were for each thing that caused any.
        ///
        /// Of sends and calls that is the span around them: how many of these one piece of work makes. Of work on messages
        /// it is the message: above 1 where there are retries or several consumers.
        public let fanOut: Double

        /// How many messages came without a context that can be read; of work on messages only.
        public let withoutContext: Int

        /// The share of messages that came without a context that can be read, from 0 to 1.
        public var shareWithoutContext: Double { messages == 0 ? 0 : Double(withoutContext) / Double(messages) }
    }

    /// The services, by name, then the topics and queues, by name.
    public let nodes: [Node]

    /// The ways between them, in the order of the nodes that they begin at, then of those that they lead to.
    public let edges: [Edge]

    /// When the first counted span starts, or the window; `nil` if there is neither.
    public let from: Timestamp?

    /// When the last counted span ends, or the window; `nil` if there is neither.
    public let to: Timestamp?

    /// The topology that spans tell of.
    ///
    /// - Parameters:
    ///   - spans: The spans; what led to a counted one is looked up among all of them.
    ///   - from: Counts only spans that start then or later.
    ///   - to: Counts only spans that start before.
    public init(_ spans: some Sequence<SpanData>, from: Timestamp? = nil, to: Timestamp? = nil) {
        let table = SpanTable(spans)
        var counter = TopologyCounter()
        for span in table.spans {
            if let from, span.start < from { continue }
            if let to, span.start >= to { continue }
            counter.count(span, table)
        }
        let (start, end) = (from ?? counter.first, to ?? counter.last)
        let length = start.flatMap { start in end.map { $0.nanoseconds(after: start) } } ?? 0
        self.from = start
        self.to = end
        // A single quick span makes no rate of thousands a second.
        edges = counter.edges(overSeconds: max(1, Double(length) / 1e9))
        nodes = counter.nodes
    }
}

extension Topology.Node: Comparable {
    /// Services first, each kind by name.
    public static func < (a: Self, b: Self) -> Bool {
        switch (a, b) {
        case (.service(let a), .service(let b)): a < b
        case (.service, .destination): true
        case (.destination, .service): false
        case (.destination(let system, let name), .destination(let otherSystem, let otherName)):
            (name, system) < (otherName, otherSystem)
        }
    }
}
