// SPDX-License-Identifier: Apache-2.0

/// What produced the telemetry: a service, on a host, in a process.
public struct Resource: Sendable, Hashable {
    /// What is known about it, by OpenTelemetry's resource conventions.
    public var attributes: Attributes

    /// A resource of these attributes.
    public init(attributes: Attributes = Attributes()) {
        self.attributes = attributes
    }

    /// `service.name`, or `unknown_service`.
    public var serviceName: String { attributes["service.name"]?.stringValue ?? "unknown_service" }
}

/// Which library made the spans.
public struct InstrumentationScope: Sendable, Hashable {
    /// The library's name.
    public var name: String

    /// The library's version.
    public var version: String

    /// Which version of which conventions the attributes follow.
    public var schemaURL: String

    /// A scope.
    public init(name: String, version: String = "", schemaURL: String = "") {
        self.name = name
        self.version = version
        self.schemaURL = schemaURL
    }
}
