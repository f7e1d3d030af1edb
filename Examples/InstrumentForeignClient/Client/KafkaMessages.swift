// SPDX-License-Identifier: Apache-2.0

// What a Kafka client that Stitch does not know looks like from outside: the shapes of swift-kafka-client, as far as an
// adapter needs them. ByteBuffer stands in for SwiftNIO's.

/// The bytes of a buffer.
public typealias ByteBufferView = [UInt8]

/// Bytes, as SwiftNIO hands them round.
public struct ByteBuffer: Sendable, Hashable {
    /// The bytes.
    public let readableBytesView: ByteBufferView

    /// Holds these bytes.
    public init(bytes: some Sequence<UInt8>) { readableBytesView = Array(bytes) }

    /// Holds a text's UTF-8.
    public init(string: String) { self.init(bytes: string.utf8) }
}

extension String {
    /// The text that a buffer holds.
    public init(buffer: ByteBuffer) { self.init(decoding: buffer.readableBytesView, as: UTF8.self) }
}

/// What can be a message's key or value.
public protocol KafkaContiguousBytes {
    /// Shows its bytes.
    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result
}

extension String: KafkaContiguousBytes {
    /// Shows its UTF-8.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try Array(utf8).withUnsafeBytes(body)
    }
}

extension ByteBuffer: KafkaContiguousBytes {
    /// Shows its bytes.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try readableBytesView.withUnsafeBytes(body)
    }
}

/// A header of a message; the same key may come several times.
public struct KafkaHeader: Sendable, Hashable {
    /// Its key.
    public var key: String

    /// Its value, if it has one.
    public var value: ByteBuffer?

    /// A header.
    public init(key: String, value: ByteBuffer? = nil) {
        self.key = key
        self.value = value
    }
}

/// The number of a partition.
public struct KafkaPartition: RawRepresentable, Sendable, Hashable {
    /// The number.
    public var rawValue: Int

    /// A partition of that number.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Left to the client.
    public static let unassigned = KafkaPartition(rawValue: -1)
}

/// A place in a partition.
public struct KafkaOffset: RawRepresentable, Sendable, Hashable {
    /// The place, from 0.
    public var rawValue: Int

    /// That place.
    public init(rawValue: Int) { self.rawValue = rawValue }
}

/// A message to be sent.
public struct KafkaProducerMessage<Key: KafkaContiguousBytes, Value: KafkaContiguousBytes> {
    /// Where it goes to.
    public var topic: String

    /// Which partition it goes to.
    public var partition: KafkaPartition

    /// Its headers.
    public var headers: [KafkaHeader]

    /// Its key, if it has one.
    public var key: Key?

    /// Its value.
    public var value: Value

    /// A message to be sent.
    public init(
        topic: String,
        partition: KafkaPartition = .unassigned,
        headers: [KafkaHeader] = [],
        key: Key?,
        value: Value
    ) {
        self.topic = topic
        self.partition = partition
        self.headers = headers
        self.key = key
        self.value = value
    }
}

/// What `send` returns, and the delivery report names.
public struct KafkaProducerMessageID: Sendable, Hashable {
    let rawValue: UInt
}

/// A message that the broker has.
public struct KafkaAcknowledgedMessage: Sendable, Hashable {
    /// Where it went to.
    public var topic: String

    /// Which partition it went to.
    public var partition: KafkaPartition

    /// Where it is now.
    public var offset: KafkaOffset
}

/// What became of a message.
public struct KafkaDeliveryReport: Sendable, Hashable {
    /// How it went.
    public enum Status: Sendable, Hashable {
        /// The broker has the message.
        case acknowledged(message: KafkaAcknowledgedMessage)
        /// The broker doesn't have it.
        case failure(KafkaError)
    }

    /// How it went.
    public var status: Status

    /// Which message it is about.
    public var id: KafkaProducerMessageID
}

/// What a producer tells whoever listens.
public enum KafkaProducerEvent: Sendable, Hashable {
    /// It is known what became of some messages.
    case deliveryReports([KafkaDeliveryReport])
    /// The client has trouble.
    case error(KafkaError)
}

/// A message that was received.
public struct KafkaConsumerMessage: Sendable, Hashable {
    /// Where it comes from.
    public var topic: String

    /// Which partition it comes from.
    public var partition: KafkaPartition

    /// Its headers.
    public var headers: [KafkaHeader]

    /// Its key, if it has one.
    public var key: ByteBuffer?

    /// Its value.
    public var value: ByteBuffer

    /// Where in the partition it is.
    public var offset: KafkaOffset

    /// When it was created, in milliseconds since 1970, if that is known.
    public var timestamp: Int64?
}

/// Why something did not work.
public struct KafkaError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of error it is.
    public struct ErrorCode: Sendable, Hashable, CustomStringConvertible {
        /// The kind's name.
        public let description: String

        /// The client has too many messages without an answer.
        public static let queueFull = ErrorCode(description: "queueFull")
        /// The broker takes no message of that size.
        public static let messageSizeTooLarge = ErrorCode(description: "messageSizeTooLarge")
        /// There is no such offset.
        public static let offsetOutOfRange = ErrorCode(description: "offsetOutOfRange")
        /// The client is closed.
        public static let connectionClosed = ErrorCode(description: "connectionClosed")
    }

    /// What kind of error it is.
    public var code: ErrorCode

    /// The kind's name.
    public var description: String { code.description }
}
