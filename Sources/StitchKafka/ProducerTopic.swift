// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Synchronization

/// A topic that a producer sends to: its handle, and what else is the same for all of its records.
package final class ProducerTopic: Sendable {
    /// The topic's name.
    package let name: String

    /// What ``ProducerTopics`` was told to keep with it.
    private let attachment: (any AnyObject & Sendable)?

    // A reference of ours, given back by ``ProducerTopics`` for a topic that it keeps, else in `deinit`. librdkafka's topics
    // may be used by any thread that has entered the producer's gate.
    nonisolated(unsafe) let handle: OpaquePointer

    /// Whether ``ProducerTopics`` keeps it, until the client is destroyed.
    package let isKept: Bool

    // What keeps the client alive for a topic that the client doesn't keep; set before anybody else sees the topic, and
    // gone after the handle.
    nonisolated(unsafe) var lease: (any AnyObject & Sendable)?

    // The attachment's address.
    private let attachmentAddress: UInt

    fileprivate init(
        _ name: String,
        _ handle: OpaquePointer,
        _ attachment: (any AnyObject & Sendable)?,
        isKept: Bool
    ) {
        self.isKept = isKept
        self.name = name
        self.handle = handle
        self.attachment = attachment
        let address = attachment.map { Unmanaged.passUnretained($0 as AnyObject).toOpaque() }
        attachmentAddress = UInt(bitPattern: address)
    }

    /// What is kept with it, for as long as it is there itself.
    fileprivate var lentAttachment: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: attachmentAddress) }

    // Who has sent a record may hold a kept topic for longer than there is a client.
    deinit { if !isKept { rd_kafka_topic_destroy(handle) } }
}

/// A topic for as long as its sender has entered the producer's gate.
///
/// The client keeps most of them until then, so that nobody counts references.
package struct FoundTopic {
    private let lent: Unmanaged<ProducerTopic>

    /// The topic itself, where the client does not keep it.
    package let own: ProducerTopic?

    fileprivate init(_ topic: ProducerTopic) {
        lent = .passUnretained(topic)
        own = topic.isKept ? nil : topic
    }

    fileprivate init(kept topic: Unmanaged<ProducerTopic>) {
        lent = topic
        own = nil
    }

    /// The topic.
    package var topic: ProducerTopic { lent.takeUnretainedValue() }

    var handle: OpaquePointer { lent._withUnsafeGuaranteedRef { $0.handle } }

    /// What is kept with the topic, for as long as the topic is there.
    package var lentAttachment: UnsafeMutableRawPointer? { lent._withUnsafeGuaranteedRef { $0.lentAttachment } }
}

/// The topics of a producer, each made when a record for it comes first.
///
/// Looking one up takes no lock where few topics are in use, and converts no name.
///
/// `@unchecked Sendable`: what isn't atomic never changes; topics are kept until `removeAll`.
final class ProducerTopics: @unchecked Sendable {
    /// How many topics are kept; a record for another one brings its own.
    static let maximumCount = 1024

    private let all = Mutex<[String: ProducerTopic]>([:])
    private let attach: @Sendable (String) -> (any AnyObject & Sendable)?

    // The topic that was asked for last among those whose names look alike, or 0.
    private let recent: UnsafeMutablePointer<Atomic<UInt>>
    private static let recentCount = 64

    init(_ attach: @escaping @Sendable (String) -> (any AnyObject & Sendable)?) {
        self.attach = attach
        recent = .allocate(capacity: Self.recentCount)
        for index in 0..<Self.recentCount { (recent + index).initialize(to: Atomic(0)) }
    }

    deinit {
        recent.deinitialize(count: Self.recentCount)
        recent.deallocate()
    }

    /// The topic of that name.
    ///
    /// - Parameters:
    ///   - name: The topic.
    ///   - client: The producer's client, which must stay alive meanwhile.
    /// - Returns: The topic.
    /// - Throws: When no topic can have that name.
    @inline(__always)
    func find(_ name: String, _ client: OpaquePointer) throws(KafkaError) -> FoundTopic {
        let slot = recent + Self.slot(of: name)
        if let address = UnsafeRawPointer(bitPattern: slot.pointee.load(ordering: .acquiring)) {
            let topic = Unmanaged<ProducerTopic>.fromOpaque(address)
            if topic._withUnsafeGuaranteedRef({ $0.name == name }) { return FoundTopic(kept: topic) }
        }
        return FoundTopic(try findSlowly(name, client, slot))
    }

    @inline(never)
    private func findSlowly(
        _ name: String,
        _ client: OpaquePointer,
        _ slot: UnsafeMutablePointer<Atomic<UInt>>
    ) throws(KafkaError) -> ProducerTopic {
        if name.isEmpty || name.utf8.contains(0) {
            throw KafkaError(
                .invalidTopic,
                "A record was to be sent to the topic '\(name.filter { $0 != "\0" })': a topic needs a name without NUL"
            )
        }
        let known = all.withLock { $0[name] }
        if let known {
            slot.pointee.store(UInt(bitPattern: Unmanaged.passUnretained(known).toOpaque()), ordering: .releasing)
            return known
        }
        // Copies the name; the reference is ours. Without a configuration of its own the topic has the client's.
        guard let handle = rd_kafka_topic_new(client, name, nil) else {
            throw KafkaError(
                .invalidTopic,
                "A record was to be sent to the topic '\(name)', which librdkafka refuses: correct its name"
            )
        }
        let attachment = attach(name)
        let (topic, isNew) = all.withLock { all in
            if let known = all[name] { return (known, false) }
            let topic = ProducerTopic(name, handle, attachment, isKept: all.count < Self.maximumCount)
            if topic.isKept { all[name] = topic }
            return (topic, true)
        }
        // Somebody else's was made first.
        if !isNew { rd_kafka_topic_destroy(handle) }
        if topic.isKept {
            slot.pointee.store(UInt(bitPattern: Unmanaged.passUnretained(topic).toOpaque()), ordering: .releasing)
        }
        return topic
    }

    /// Gives all topics back, before their client is destroyed; nothing may be looked up or sent any more.
    func removeAll() {
        for index in 0..<Self.recentCount { recent[index].store(0, ordering: .releasing) }
        let topics = all.withLock { all in
            defer { all.removeAll() }
            return all
        }
        for topic in topics.values { rd_kafka_topic_destroy(topic.handle) }
    }

    /// Tells most names apart by a look at three of their bytes.
    @inline(__always)
    private static func slot(of name: String) -> Int {
        let mixed = name.utf8.withContiguousStorageIfAvailable { bytes in
            let count = bytes.count
            guard count > 0 else { return 0 }
            return count &+ Int(bytes[count &- 1]) &* 5 &+ Int(bytes[count / 2]) &* 13 &+ Int(bytes[0])
        }
        return (mixed ?? 0) & (recentCount - 1)
    }
}
