// SPDX-License-Identifier: Apache-2.0

// All that it takes to trace a client that Stitch does not know: this file. Of the client it uses what swift-kafka-client
// has too; with that in place of the stand-in, little more than the imports would change.

public import ForeignKafkaClient
public import MessageTracing
import Synchronization

private typealias Attribute = MessagingConventions.Attribute

/// A `KafkaProducer` whose messages carry the trace of the code that sends them.
public final class TracedProducer: Sendable {
    private let producer: KafkaProducer
    private let events: KafkaProducerEvents
    private let targets: MessageTargets
    // The client bounds how many these are.
    private let unanswered = Mutex<[KafkaProducerMessageID: SendSpan]>([:])

    /// Traces what a producer sends.
    public init(_ client: (KafkaProducer, KafkaProducerEvents), clientID: String) {
        (producer, events) = client
        targets = MessageTargets { MessageTarget(system: "kafka", destination: $0, clientID: clientID) }
    }

    /// Takes a message, and returns at once.
    ///
    /// - Throws: What the client throws when it doesn't take the message.
    @discardableResult
    public func send<Key, Value>(_ message: KafkaProducerMessage<Key, Value>) throws -> KafkaProducerMessageID {
        let span = SendSpan(to: targets[message.topic], incoming: message.headers.carrier) {
            $0.set(Attribute.kafkaKey, message.key?.withUnsafeBytes { String(validating: $0, as: UTF8.self) })
        }
        var message = message
        message.headers.write(span.carrier)
        do {
            // The answer may be quicker than `send`, which doesn't wait, so its span has to be there before.
            return try unanswered.withLock { spans in
                let id = try producer.send(message)
                spans[id] = span
                return id
            }
        } catch {
            span.fail(error, type: errorType(error))
            throw error
        }
    }

    /// Ends the span of each message when its answer comes; returns when the client is shut down.
    ///
    /// Runs beside the client's own `run`, and is the one reader of its events.
    public func run(_ handle: (KafkaProducerEvent) async -> Void = { _ in }) async {
        for await event in events {
            if case .deliveryReports(let reports) = event { reports.forEach(end) }
            await handle(event)
        }
        for span in unanswered.withLock({ $0 }).values { span.fail(Unanswered(), type: "unanswered") }
    }

    private func end(_ report: KafkaDeliveryReport) {
        guard let span = unanswered.withLock({ $0.removeValue(forKey: report.id) }) else { return }
        switch report.status {
        case .acknowledged(let message):
            let partition = String(message.partition.rawValue)
            span.end(partition: partition) {
                $0.set(Attribute.partitionID, partition)
                $0.set(Attribute.kafkaOffset, message.offset.rawValue)
            }
        case .failure(let error): span.fail(error, type: errorType(error))
        }
    }
}

/// The client was shut down before the message had its answer.
private struct Unanswered: Error {}

/// A `KafkaConsumer` whose messages are worked on in the trace of the code that sent them.
public final class TracedConsumer: Sendable {
    private let consumer: KafkaConsumer
    private let target: MessageTarget

    /// Traces what a consumer receives, commits and, by ``process(_:_:)``, what is done with it.
    public init(_ consumer: KafkaConsumer, topic: String, group: String, clientID: String) {
        self.consumer = consumer
        target = MessageTarget(system: "kafka", destination: topic, consumerGroup: group, clientID: clientID)
    }

    /// Takes the client's messages so many at a time, fewer at the end, and hands them over; returns after the last.
    ///
    /// - Throws: What the client or `handle` throws.
    public func poll(_ count: Int, _ handle: ([KafkaConsumerMessage]) async throws -> Void) async throws {
        var sequence = consumer.messages.makeAsyncIterator()
        while true {
            let began = Timestamp.now
            var messages: [KafkaConsumerMessage] = []
            do {
                while messages.count < count, let message = try await sequence.next() { messages.append(message) }
            } catch {
                ReceiveSpan.recordFailure(error, type: errorType(error), from: target, since: began)
                throw error
            }
            if messages.isEmpty { return }
            var received = messages.map(\.received)
            ReceiveSpan.record(&received, from: target, since: began)
            try await handle(messages)
        }
    }

    /// Works on a message that was polled.
    public func process<Success, Failure: Error>(
        _ message: KafkaConsumerMessage,
        _ handler: () async throws(Failure) -> Success
    ) async throws(Failure) -> Success {
        var received = message.received
        received.delivery = .received
        return try await ProcessSpan(of: received, from: target).run(handler)
    }

    /// Commits all messages up to this one.
    public func commit(_ message: KafkaConsumerMessage) async throws {
        let span = SettleSpan(target) { $0.merge(message.attributes) }
        do {
            try await consumer.commit(message)
            span.end()
        } catch {
            span.fail(error, type: errorType(error))
            throw error
        }
    }
}

extension KafkaConsumerMessage {
    /// What tracing has to know of it.
    fileprivate var received: ReceivedMessage {
        var received = ReceivedMessage(headers: headers.namesAndValues)
        received.created = timestamp.map { Timestamp(milliseconds: $0) }
        received.wait = received.created.map { MessageWait(since: $0) }
        received.attributes = attributes
        return received
    }

    /// Which message it is.
    fileprivate var attributes: Attributes {
        var attributes = Attributes()
        attributes.set(Attribute.partitionID, String(partition.rawValue))
        attributes.set(Attribute.kafkaOffset, offset.rawValue)
        attributes.set(Attribute.kafkaKey, key.flatMap { String(validating: $0.readableBytesView, as: UTF8.self) })
        return attributes
    }
}

extension [KafkaHeader] {
    fileprivate var namesAndValues: some Sequence<(name: String, value: ByteBufferView?)> {
        lazy.map { ($0.key, $0.value?.readableBytesView) }
    }

    /// What they carry of a trace.
    public var carrier: ContextCarrier { ReceivedMessage(headers: namesAndValues).carrier }

    /// Writes each field once, in place of all that the headers said of a trace.
    public mutating func write(_ carrier: ContextCarrier) {
        removeAll { carrier.replaces($0.key) }
        append(contentsOf: carrier.fields.map { KafkaHeader(key: $0.name, value: ByteBuffer(string: $0.value)) })
    }
}

private func errorType(_ error: any Error) -> String { (error as? KafkaError)?.code.description ?? "_OTHER" }
