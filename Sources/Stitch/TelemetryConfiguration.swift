// SPDX-License-Identifier: Apache-2.0

public import Foundation
public import TelemetrySDK

/// What an application's telemetry is called and where it goes.
public struct TelemetryConfiguration: Sendable {
    /// The service's name, `service.name`.
    ///
    /// `OTEL_SERVICE_NAME`.
    public var serviceName: String

    /// What else is known about the service, by OpenTelemetry's resource conventions.
    ///
    /// `OTEL_RESOURCE_ATTRIBUTES`.
    public var resourceAttributes: Attributes

    /// The file that spans are appended to as OTLP JSON lines; `nil` keeps none.
    ///
    /// `STITCH_TRACES_FILE`.
    public var file: String?

    /// How many finished spans may wait for their export, from 1.
    ///
    /// `OTEL_BSP_MAX_QUEUE_SIZE`.
    public var queueCapacity: Int

    /// How many spans are exported at a time, from 1.
    ///
    /// `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`.
    public var batchSize: Int

    /// How long the first span of a batch waits for more to come.
    ///
    /// `OTEL_BSP_SCHEDULE_DELAY`, in milliseconds.
    public var exportDelay: Duration

    /// Telemetry of a service, with the defaults of OpenTelemetry.
    public init(
        serviceName: String,
        resourceAttributes: Attributes = Attributes(),
        file: String? = nil,
        queueCapacity: Int = 2048,
        batchSize: Int = 512,
        exportDelay: Duration = .seconds(5)
    ) {
        self.serviceName = serviceName
        self.resourceAttributes = resourceAttributes
        self.file = file
        self.queueCapacity = queueCapacity
        self.batchSize = batchSize
        self.exportDelay = exportDelay
    }

    /// What the environment says.
    ///
    /// A number that can't be read, or is too small, is warned about by name and ignored.
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        var attributes = Attributes()
        for pair in (environment["OTEL_RESOURCE_ATTRIBUTES"] ?? "").split(separator: ",") {
            guard let equals = pair.firstIndex(of: "=") else { continue }
            let key = pair[..<equals].trimmingCharacters(in: .whitespaces)
            let value = pair[pair.index(after: equals)...].trimmingCharacters(in: .whitespaces)
            attributes[key] = .string(value.removingPercentEncoding ?? value)
        }
        self.init(
            serviceName: environment["OTEL_SERVICE_NAME"].nonEmpty ?? attributes["service.name"]?.stringValue
                ?? "unknown_service",
            resourceAttributes: attributes,
            file: environment["STITCH_TRACES_FILE"].nonEmpty
        )
        if let value = Self.number("OTEL_BSP_MAX_QUEUE_SIZE", environment) { queueCapacity = value }
        if let value = Self.number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", environment) { batchSize = value }
        if let value = Self.number("OTEL_BSP_SCHEDULE_DELAY", environment) { exportDelay = .milliseconds(value) }
    }

    var resource: Resource {
        var attributes = resourceAttributes
        attributes["service.name"] = .string(serviceName)
        attributes["process.pid"] = .int(Int64(ProcessInfo.processInfo.processIdentifier))
        attributes["telemetry.sdk.name"] = "stitch"
        attributes["telemetry.sdk.language"] = "swift"
        if attributes["service.instance.id"] == nil {
            attributes["service.instance.id"] = .string(UUID().uuidString.lowercased())
        }
        return Resource(attributes: attributes)
    }

    private static func number(_ name: String, _ environment: [String: String]) -> Int? {
        guard let text = environment[name].nonEmpty else { return nil }
        if let number = Int(text), number > 0 { return number }
        Diagnostics.log(.warning, "\(name) is ignored: it must be a whole number from 1")
        return nil
    }
}

extension Optional where Wrapped == String {
    fileprivate var nonEmpty: String? { flatMap { $0.isEmpty ? nil : $0 } }
}
