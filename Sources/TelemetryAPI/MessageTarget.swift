// SPDX-License-Identifier: Apache-2.0

import CStitchPlatform
public import TelemetryData
public import TraceContext

/// Where messages go to or come from, with what is the same for all of them.
///
/// Made once per topic or queue and kept: the names and attributes of its spans are put together here and not for each
/// message. May be shared by all tasks.
public final class MessageTarget: Sendable {
    /// Which messaging system: `kafka`, `stitch` for jobs, or what OpenTelemetry lists.
    public let system: String

    /// The topic, or the queue; `nil` for an operation on several.
    public let destination: String?

    /// The consumer group, where there is one.
    public let consumerGroup: String?

    /// The id of the client.
    public let clientID: String?

    /// What else is the same for all messages, such as `server.address`.
    public let attributes: Attributes

    /// Which baggage goes along with what is sent there, and is taken over from what comes from there.
    public let baggage: BaggagePolicy

    /// Whether somebody else is at the other end.
    ///
    /// What is sent there carries neither baggage nor `tracestate` nor the `stitch` field; what comes from there starts a
    /// trace of its own, linked, whatever its sender says of sampling.
    public let isExternal: Bool

    // One for each operation, found without looking anything up.
    private let createShape: Shape
    private let sendShape: Shape
    private let receiveShape: Shape
    private let processShape: Shape
    private let settleShape: Shape

    // One for each of several threads.
    @usableFromInline let shares: [MessageTargetShare]

    /// What the spans of one operation have in common.
    private final class Shape: Sendable {
        let operationName: String
        let spanName: String
        let attributes: Attributes
        let prepared: PreparedAttributes

        init(operationName: String, spanName: String, attributes: Attributes) {
            self.operationName = operationName
            self.spanName = spanName
            self.attributes = attributes
            prepared = PreparedAttributes(attributes, name: spanName)
        }
    }

    private func shape(of operation: MessagingConventions.Operation) -> Shape {
        switch operation {
        case .create: createShape
        case .send: sendShape
        case .receive: receiveShape
        case .process: processShape
        case .settle: settleShape
        }
    }

    /// A place that messages go to or come from.
    ///
    /// - Parameters:
    ///   - system: Which messaging system.
    ///   - destination: The topic or the queue, of low cardinality; `nil` for an operation on several.
    ///   - consumerGroup: The consumer group, where there is one.
    ///   - clientID: The id of the client.
    ///   - attributes: What else is the same for all messages.
    ///   - operationNames: What the system calls its operations where that isn't what OpenTelemetry calls them, as in
    ///     `[.send: "publish", .settle: "ack"]`. Kafka's own names are known.
    ///   - baggage: Which baggage goes along. What comes from outside brings none.
    ///   - external: Whether somebody else is at the other end.
    public init(
        system: String,
        destination: String?,
        consumerGroup: String? = nil,
        clientID: String? = nil,
        attributes: Attributes = Attributes(),
        operationNames: [MessagingConventions.Operation: String] = [:],
        baggage: BaggagePolicy = .all,
        external: Bool = false
    ) {
        self.system = system
        self.destination = destination
        self.consumerGroup = consumerGroup
        self.clientID = clientID
        self.attributes = attributes
        self.baggage = external ? .none : baggage
        isExternal = external
        func shape(_ operation: MessagingConventions.Operation) -> Shape {
            let name = operationNames[operation] ?? operation.name(in: system)
            var all: Attributes = [
                MessagingConventions.Attribute.system: .string(system),
                MessagingConventions.Attribute.operationName: .string(name),
                MessagingConventions.Attribute.operationType: .string(operation.rawValue),
            ]
            all.set(MessagingConventions.Attribute.destinationName, destination)
            if operation != .create { all.set(MessagingConventions.Attribute.clientID, clientID) }
            if !operation.isProducing { all.set(MessagingConventions.Attribute.consumerGroup, consumerGroup) }
            all.merge(attributes)
            let spanName = destination.map { "\(name) \($0)" } ?? name
            return Shape(operationName: name, spanName: spanName, attributes: all)
        }
        createShape = shape(.create)
        sendShape = shape(.send)
        receiveShape = shape(.receive)
        processShape = shape(.process)
        settleShape = shape(.settle)
        shares = (0..<Self.shareCount).map { [createShape, sendShape, receiveShape, processShape, settleShape] _ in
            MessageTargetShare(
                destination: destination,
                create: createShape.prepared,
                send: sendShape.prepared,
                receive: receiveShape.prepared,
                process: processShape.prepared,
                settle: settleShape.prepared
            )
        }
    }

    @usableFromInline static var shareCount: Int { 16 }

    /// What the system calls an operation.
    public func name(of operation: MessagingConventions.Operation) -> String { shape(of: operation).operationName }

    /// `{operation} {destination}`, or the operation alone.
    public func spanName(of operation: MessagingConventions.Operation) -> String { shape(of: operation).spanName }

    /// What every span of an operation says.
    public func attributes(of operation: MessagingConventions.Operation) -> Attributes {
        shape(of: operation).attributes
    }

    /// What every span of an operation says, ready to be copied.
    package func prepared(_ operation: MessagingConventions.Operation) -> PreparedAttributes {
        shape(of: operation).prepared
    }

    /// The same, lent for as long as the target lives.
    package func lentPrepared(_ operation: MessagingConventions.Operation) -> Unmanaged<PreparedAttributes> {
        .passUnretained(shape(of: operation).prepared)
    }

    /// What stands for the target in what this thread keeps.
    var share: MessageTargetShare { share(ofThread: stitch_thread_number()) }

    /// What keeps what is prepared alive for a span that a thread of this number starts.
    @inlinable
    @inline(__always)
    package func share(ofThread number: UInt32) -> MessageTargetShare {
        shares[Int(truncatingIfNeeded: number) & (Self.shareCount &- 1)]
    }
}

/// A reference to what a target has prepared, for the spans of few threads.
///
/// A span keeps alive what it will copy. Were there one place to count these references at, it would go from processor to
/// processor with every span, which takes longer than all else that a span needs.
///
/// `@unchecked Sendable`: nothing in it changes.
@usableFromInline
package final class MessageTargetShare: @unchecked Sendable {
    /// The target's topic or queue.
    let destination: String?

    private let owned: [PreparedAttributes]

    // Those of `owned`, without counting.
    @usableFromInline let create, send, receive, process, settle: Unmanaged<PreparedAttributes>

    // So that no other share is on the same lines of a processor's cache.
    private let padding: (Int, Int, Int, Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0, 0, 0, 0)

    init(
        destination: String?,
        create: PreparedAttributes,
        send: PreparedAttributes,
        receive: PreparedAttributes,
        process: PreparedAttributes,
        settle: PreparedAttributes
    ) {
        self.destination = destination
        owned = [create, send, receive, process, settle]
        self.create = .passUnretained(create)
        self.send = .passUnretained(send)
        self.receive = .passUnretained(receive)
        self.process = .passUnretained(process)
        self.settle = .passUnretained(settle)
    }

    /// What every span of an operation says; lives as long as the share.
    @inlinable
    @inline(__always)
    package func prepared(_ operation: MessagingConventions.Operation) -> Unmanaged<PreparedAttributes> {
        switch operation {
        case .create: create
        case .send: send
        case .receive: receive
        case .process: process
        case .settle: settle
        }
    }
}
