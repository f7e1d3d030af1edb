// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Flows of one kind begin with spans of one name, of one service.
public struct FlowKind: Sendable, Hashable, CustomStringConvertible {
    /// The service of the origin.
    public let service: String

    /// The name of the origin.
    public let name: String

    /// A kind.
    public init(service: String, name: String) {
        self.service = service
        self.name = name
    }

    /// `name (service)`.
    public var description: String { "\(name) (\(service))" }
}

extension Flow {
    /// Its kind.
    public var kind: FlowKind { FlowKind(service: origin.resource.serviceName, name: origin.name) }

    /// How long it took from its start to its end, in nanoseconds.
    var lengthInNanoseconds: Int64 { max(0, end.nanoseconds(after: origin.start)) }
}
