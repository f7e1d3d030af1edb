// SPDX-License-Identifier: Apache-2.0

/// What produced the telemetry: a service, on a host, in a process.
public struct Resource: Sendable, Hashable {
    /// What is known about it, by OpenTelemetry's resource conventions.
    public var attributes: Attributes

    /// How many attributes were left out.
    public var droppedAttributeCount: Int

    /// Which version of which conventions the attributes follow.
    public var schemaURL: String

    /// A resource of these attributes.
    public init(attributes: Attributes = Attributes(), droppedAttributeCount: Int = 0, schemaURL: String = "") {
        self.attributes = attributes
        self.droppedAttributeCount = droppedAttributeCount
        self.schemaURL = schemaURL
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

    /// What else is known about the library.
    public var attributes: Attributes

    /// How many attributes were left out.
    public var droppedAttributeCount: Int

    /// A scope.
    public init(
        name: String,
        version: String = "",
        schemaURL: String = "",
        attributes: Attributes = Attributes(),
        droppedAttributeCount: Int = 0
    ) {
        self.name = name
        self.version = version
        self.schemaURL = schemaURL
        self.attributes = attributes
        self.droppedAttributeCount = droppedAttributeCount
    }
}
