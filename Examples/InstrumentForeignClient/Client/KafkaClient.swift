// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// A broker that is no more than this process: topics of one partition each, which keep all that they get.
public final class InMemoryBroker: Sendable {
    private struct State {
        var topics: [String: [KafkaConsumerMessage]] = [:]
        var committed: [String: Int] = [:]
        var listeners: [AsyncStream<Void>.Continuation] = []
    }

    /// How large a message may be, in bytes of its value.
    public let maximumMessageBytes: Int

    private let state = Mutex(State())

    /// A broker without messages.
    public init(maximumMessageBytes: Int = 1000) { self.maximumMessageBytes = maximumMessageBytes }

    /// Where a group goes on with a topic, as far as it has committed.
    public func committed(group: String, topic: String) -> Int {
        state.withLock { $0.committed["\(group)/\(topic)"] ?? 0 }
    }

    func append(_ message: KafkaConsumerMessage) -> Result<KafkaOffset, KafkaError> {
        guard message.value.readableBytesView.count <= maximumMessageBytes else {
            return .failure(KafkaError(code: .messageSizeTooLarge))
        }
        return state.withLock { state in
            var message = message
            message.offset = KafkaOffset(rawValue: state.topics[message.topic, default: []].count)
            state.topics[message.topic, default: []].append(message)
            for listener in state.listeners { listener.yield() }
            return .success(message.offset)
        }
    }

    /// A message that it keeps.
    public func message(_ topic: String, at offset: Int) -> KafkaConsumerMessage? {
        state.withLock { state in
            let messages = state.topics[topic] ?? []
            return messages.indices.contains(offset) ? messages[offset] : nil
        }
    }

    func commit(_ message: KafkaConsumerMessage, group: String) throws(KafkaError) {
        let next = message.offset.rawValue + 1
        let isKnown = state.withLock { state in
            guard next <= state.topics[message.topic]?.count ?? 0 else { return false }
            state.committed["\(group)/\(message.topic)"] = next
            return true
        }
        if !isKnown { throw KafkaError(code: .offsetOutOfRange) }
    }

    /// Tells a consumer whenever there may be something new; several times at once count as one.
    func listen() -> (AsyncStream<Void>, AsyncStream<Void>.Continuation) {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        state.withLock { $0.listeners.append(continuation) }
        return (stream, continuation)
    }
}

/// The events of a producer, for one task to read.
public struct KafkaProducerEvents: Sendable, AsyncSequence {
    /// Hands out events.
    public struct AsyncIterator: AsyncIteratorProtocol {
        var base: AsyncStream<KafkaProducerEvent>.Iterator
        let handedOver: @Sendable () -> Void

        /// The next event; `nil` when the producer is done.
        public mutating func next() async -> KafkaProducerEvent? {
            guard let event = await base.next(isolation: #isolation) else { return nil }
            handedOver()
            return event
        }
    }

    let stream: AsyncStream<KafkaProducerEvent>
    let handedOver: @Sendable () -> Void

    /// Hands out events.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(base: stream.makeAsyncIterator(), handedOver: handedOver)
    }
}

/// Sends messages: takes them at once, and says later, by an event, what became of them.
public final class KafkaProducer: Sendable {
    /// How many messages may be without an answer that somebody has read.
    public static let queueLimit = 1000

    private typealias Queued = (id: KafkaProducerMessageID, message: KafkaConsumerMessage)

    private let broker: InMemoryBroker
    private let queue: (AsyncStream<Queued>, AsyncStream<Queued>.Continuation)
    private let events: AsyncStream<KafkaProducerEvent>.Continuation
    // Neither stream ever holds more than are unanswered.
    private let counts: UnansweredCount

    private init(
        _ broker: InMemoryBroker,
        _ events: AsyncStream<KafkaProducerEvent>.Continuation,
        _ counts: UnansweredCount
    ) {
        self.broker = broker
        self.events = events
        self.counts = counts
        queue = AsyncStream.makeStream()
    }

    /// A producer, and its events, which somebody has to read.
    public static func makeProducerWithEvents(broker: InMemoryBroker) -> (KafkaProducer, KafkaProducerEvents) {
        let (stream, continuation) = AsyncStream<KafkaProducerEvent>.makeStream()
        let counts = UnansweredCount()
        let events = KafkaProducerEvents(stream: stream) { counts.answer() }
        return (KafkaProducer(broker, continuation, counts), events)
    }

    /// Takes a message, and returns at once.
    public func send<Key, Value>(
        _ message: KafkaProducerMessage<Key, Value>
    ) throws(KafkaError) -> KafkaProducerMessageID {
        let id = try counts.take(limit: Self.queueLimit)
        let queued = KafkaConsumerMessage(
            topic: message.topic,
            partition: KafkaPartition(rawValue: max(0, message.partition.rawValue)),
            headers: message.headers,
            key: message.key.map { $0.withUnsafeBytes { ByteBuffer(bytes: $0) } },
            value: message.value.withUnsafeBytes { ByteBuffer(bytes: $0) },
            offset: KafkaOffset(rawValue: -1),
            timestamp: Int64(Date().timeIntervalSince1970 * 1000)
        )
        if case .terminated = queue.1.yield((id, queued)) {
            counts.answer()
            throw KafkaError(code: .connectionClosed)
        }
        return id
    }

    /// Sends what was taken, until the producer is shut down.
    public func run() async {
        for await (id, message) in queue.0 {
            let status: KafkaDeliveryReport.Status =
                switch broker.append(message) {
                case .success(let offset):
                    .acknowledged(
                        message: KafkaAcknowledgedMessage(
                            topic: message.topic,
                            partition: message.partition,
                            offset: offset
                        )
                    )
                case .failure(let error): .failure(error)
                }
            events.yield(.deliveryReports([KafkaDeliveryReport(status: status, id: id)]))
        }
        events.finish()
    }

    /// Takes no more, and sends what it has.
    public func triggerGracefulShutdown() { queue.1.finish() }
}

/// How many messages are without an answer.
private final class UnansweredCount: Sendable {
    private let state = Mutex((taken: UInt(0), unanswered: 0))

    func take(limit: Int) throws(KafkaError) -> KafkaProducerMessageID {
        let id: KafkaProducerMessageID? = state.withLock { state in
            guard state.unanswered < limit else { return nil }
            state.unanswered += 1
            state.taken += 1
            return KafkaProducerMessageID(rawValue: state.taken)
        }
        guard let id else { throw KafkaError(code: .queueFull) }
        return id
    }

    func answer() { state.withLock { $0.unanswered -= 1 } }
}

/// The messages of a consumer, for one task to read.
public struct KafkaConsumerMessages: Sendable, AsyncSequence {
    /// Hands out messages.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let broker: InMemoryBroker
        let topic: String
        var offset: Int
        var news: AsyncStream<Void>.Iterator

        /// The next message; waits for it.
        ///
        /// `nil` when the consumer is shut down and has handed out all that there is.
        public mutating func next() async throws -> KafkaConsumerMessage? {
            while true {
                if let message = broker.message(topic, at: offset) {
                    offset += 1
                    return message
                }
                if await news.next(isolation: #isolation) == nil { return nil }
            }
        }
    }

    let broker: InMemoryBroker
    let topic: String
    let offset: Int
    let news: AsyncStream<Void>

    /// Hands out messages from where the group has committed.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(broker: broker, topic: topic, offset: offset, news: news.makeAsyncIterator())
    }
}

/// Receives the messages of a topic.
public final class KafkaConsumer: Sendable {
    /// The messages.
    public let messages: KafkaConsumerMessages

    private let broker: InMemoryBroker
    private let group: String
    private let news: AsyncStream<Void>.Continuation

    /// A consumer of one topic.
    public init(broker: InMemoryBroker, group: String, topic: String) {
        self.broker = broker
        self.group = group
        let (stream, continuation) = broker.listen()
        news = continuation
        let offset = broker.committed(group: group, topic: topic)
        messages = KafkaConsumerMessages(broker: broker, topic: topic, offset: offset, news: stream)
    }

    /// Says that the group is done with all messages up to this one, and waits until the broker knows.
    public func commit(_ message: KafkaConsumerMessage) async throws { try broker.commit(message, group: group) }

    /// Hands out what there is, and no more.
    public func triggerGracefulShutdown() { news.finish() }
}
