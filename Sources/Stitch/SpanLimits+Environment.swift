// SPDX-License-Identifier: Apache-2.0

import StitchService
import TelemetrySDK

extension SpanLimits {
    /// What `OTEL_…_LIMIT` says; a limit of spans counts before the one of all signals.
    init(_ reader: inout EnvironmentReader) {
        self.init()
        let attributesOfAll = reader.number("OTEL_ATTRIBUTE_COUNT_LIMIT")
        let lengthOfAll = reader.number("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT")
        attributes = reader.number("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT") ?? attributesOfAll ?? attributes
        attributeValueLength = reader.number("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT") ?? lengthOfAll
        events = reader.number("OTEL_SPAN_EVENT_COUNT_LIMIT") ?? events
        links = reader.number("OTEL_SPAN_LINK_COUNT_LIMIT") ?? links
        attributesPerEvent =
            reader.number("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT") ?? attributesOfAll ?? attributesPerEvent
        attributesPerLink = reader.number("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT") ?? attributesOfAll ?? attributesPerLink
    }
}
