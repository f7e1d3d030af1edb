// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchService
import TelemetrySDK

extension TelemetryConfiguration {
    /// What produces the spans: what is found out, overridden by what is said.
    ///
    /// - Parameters:
    ///   - detected: What is found out.
    ///   - instance: The id of this process among the service's, if none is said.
    /// - Returns: The resource of every span.
    func resource(detected: DetectedResource, instance: UUID = UUID()) -> Resource {
        var attributes = detected.attributes
        attributes["service.instance.id"] = .string(instance.uuidString.lowercased())
        attributes.merge(resourceAttributes)
        attributes["service.name"] = .string(serviceName)
        attributes["telemetry.sdk.name"] = "stitch"
        attributes["telemetry.sdk.language"] = "swift"
        attributes["telemetry.sdk.version"] = .string(StitchVersion.current)
        return Resource(attributes: attributes)
    }
}
