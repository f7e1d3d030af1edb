// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

/// Where messages go to or come from, with what is the same for all of them.
///
/// Made once per topic or queue and kept.
public struct MessageTarget: Sendable, Hashable {
    /// Which messaging system: `kafka`, `stitch` for jobs, or what OpenTelemetry lists.
    public var system: String

    /// The topic, or the queue; `nil` for an operation on several.
    public var destination: String?

    /// The consumer group, where there is one.
    public var consumerGroup: String?

    /// The id of the client.
    public var clientID: String?

    /// What else is the same for all messages.
    public var attributes: Attributes

    /// A place that messages go to or come from.
    public init(
        system: String,
        destination: String?,
        consumerGroup: String? = nil,
        clientID: String? = nil,
        attributes: Attributes = Attributes()
    ) {
        self.system = system
        self.destination = destination
        self.consumerGroup = consumerGroup
        self.clientID = clientID
        self.attributes = attributes
    }

    /// `{operation} {destination}`, or the operation alone.
    func spanName(_ operation: String) -> String {
        destination.map { "\(operation) \($0)" } ?? operation
    }

    func fill(
        _ attributes: inout Attributes,
        _ operation: MessagingConventions.Operation,
        name: String? = nil
    ) {
        typealias Attribute = MessagingConventions.Attribute
        attributes[Attribute.system] = .string(system)
        attributes[Attribute.operationName] = .string(name ?? operation.rawValue)
        attributes[Attribute.operationType] = .string(operation.rawValue)
        attributes.set(Attribute.destinationName, destination)
        attributes.set(Attribute.clientID, clientID)
        if operation != .send, operation != .create { attributes.set(Attribute.consumerGroup, consumerGroup) }
        for element in self.attributes.elements { attributes[element.key] = element.value }
    }
}
