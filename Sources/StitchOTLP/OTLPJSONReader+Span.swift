// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext

extension OTLPJSONReader {
    /// A span, without resource and scope; `nil` if there is none, and a complaint if it is not right.
    mutating func span() throws(OTLPError) -> SpanData? {
        try spend(8)
        let zero = Timestamp(nanoseconds: 0)
        var span = SpanData(context: .invalid, name: "", kind: .internal, start: zero, end: zero, origin: .unknown)
        guard var isFirst = try object("spans") else { return nil }
        var badLinks = 0
        while let key = try json.nextKey(&isFirst) {
            if key.is("traceId") {
                span.context.traceID = try traceID("traceId")
            } else if key.is("spanId") {
                span.context.spanID = try spanID("spanId")
            } else if key.is("parentSpanId") {
                let parent = try spanID("parentSpanId")
                span.parentSpanID = parent.isValid ? parent : nil
            } else if key.is("attributes") {
                span.attributes = try attributes()
            } else if key.is("name") {
                span.name = try string("name")
            } else if key.is("kind") {
                let kind = try enumeration("kind", prefix: "SPAN_KIND_", names: Self.kinds)
                span.kind = SpanKind(rawValue: kind) ?? .internal
            } else if key.is("startTimeUnixNano") {
                span.start = try time("startTimeUnixNano")
            } else if key.is("endTimeUnixNano") {
                span.end = try time("endTimeUnixNano")
            } else if key.is("events") {
                try list("events") { reader throws(OTLPError) in
                    if let event = try reader.event() { span.events.append(event) }
                }
            } else if key.is("links") {
                try list("links") { reader throws(OTLPError) in
                    if let link = try reader.link() { span.links.append(link) } else { badLinks += 1 }
                }
            } else if key.is("status") {
                span.status = try status()
            } else if key.is("flags") {
                let flags = SpanFlags(bits: UInt32(truncatingIfNeeded: try integer("flags")))
                span.context.flags = flags.traceFlags
                span.parentIsRemote = flags.isRemote
            } else if key.is("traceState") {
                span.context.state = try traceState()
            } else if key.is("droppedAttributesCount") {
                span.droppedAttributeCount = try count("droppedAttributesCount")
            } else if key.is("droppedEventsCount") {
                span.droppedEventCount = try count("droppedEventsCount")
            } else if key.is("droppedLinksCount") {
                span.droppedLinkCount = try count("droppedLinksCount")
            } else {
                try json.skip()
            }
        }
        if !span.context.traceID.isValid { complain("traceId") }
        if !span.context.spanID.isValid { complain("spanId") }
        span.droppedLinkCount += badLinks
        span.fillMissingTimes()
        return span
    }

    private static let kinds = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"]
    private static let codes = ["UNSET", "OK", "ERROR"]

    private mutating func event() throws(OTLPError) -> SpanEvent? {
        try spend()
        var event = SpanEvent(name: "", time: Timestamp(nanoseconds: 0))
        guard var isFirst = try object("events") else { return nil }
        while let key = try json.nextKey(&isFirst) {
            if key.is("timeUnixNano") {
                event.time = try time("timeUnixNano")
            } else if key.is("name") {
                event.name = try string("name")
            } else if key.is("attributes") {
                event.attributes = try attributes()
            } else if key.is("droppedAttributesCount") {
                event.droppedAttributeCount = try count("droppedAttributesCount")
            } else {
                try json.skip()
            }
        }
        return event
    }

    private mutating func link() throws(OTLPError) -> SpanLink? {
        try spend(2)
        var link = SpanLink(.invalid)
        guard var isFirst = try object("links") else { return nil }
        while let key = try json.nextKey(&isFirst) {
            if key.is("traceId") {
                link.context.traceID = try traceID("traceId", isRequired: false)
            } else if key.is("spanId") {
                link.context.spanID = try spanID("spanId", isRequired: false)
            } else if key.is("traceState") {
                link.context.state = try traceState()
            } else if key.is("attributes") {
                link.attributes = try attributes()
            } else if key.is("droppedAttributesCount") {
                link.droppedAttributeCount = try count("droppedAttributesCount")
            } else if key.is("flags") {
                let flags = SpanFlags(bits: UInt32(truncatingIfNeeded: try integer("flags")))
                link.context.flags = flags.traceFlags
                link.context.isRemote = flags.isRemote ?? false
            } else {
                try json.skip()
            }
        }
        return link.context.isValid ? link : nil
    }

    private mutating func status() throws(OTLPError) -> SpanStatus {
        var message = "", code = 0
        guard var isFirst = try object("status") else { return .unset }
        while let key = try json.nextKey(&isFirst) {
            if key.is("code") {
                code = try enumeration("code", prefix: "STATUS_CODE_", names: Self.codes)
            } else if key.is("message") {
                message = try string("message")
            } else {
                try json.skip()
            }
        }
        return SpanStatus(code: UInt64(clamping: code), message: message)
    }

    private mutating func traceState() throws(OTLPError) -> TraceState {
        let text = try string("traceState")
        return text.isEmpty ? TraceState() : TraceState(text) ?? TraceState()
    }

    /// An id of 128 bits; all zeroes if there is none.
    ///
    /// Where it is not required, a bad one is as good as none: a link with one is left out and costs no span.
    mutating func traceID(_ field: StaticString, isRequired: Bool = true) throws(OTLPError) -> TraceID {
        let text = try string(field)
        guard let words = Self.words(text, byteCount: 16) else {
            if !text.isEmpty, isRequired { complain(field) }
            return .invalid
        }
        return TraceID(high: words.0, low: words.1)
    }

    /// An id of 64 bits; all zeroes if there is none.
    mutating func spanID(_ field: StaticString, isRequired: Bool = true) throws(OTLPError) -> SpanID {
        let text = try string(field)
        guard let words = Self.words(text, byteCount: 8) else {
            if !text.isEmpty, isRequired { complain(field) }
            return .invalid
        }
        return SpanID(bits: words.1)
    }

    /// The bytes of an id, right-aligned in two words: hexadecimal by its length, else base 64.
    private static func words(_ text: String, byteCount: Int) -> (UInt64, UInt64)? {
        var high: UInt64 = 0, low: UInt64 = 0
        if text.utf8.count == byteCount * 2 {
            for digit in text.utf8 {
                guard let value = Hexadecimals.value(of: digit) else { return nil }
                high = high << 4 | low >> 60
                low = low << 4 | UInt64(value)
            }
            return (high, low)
        }
        guard text.utf8.count <= 24, let bytes = Base64.decode(text), bytes.count == byteCount else { return nil }
        for byte in bytes {
            high = high << 8 | low >> 56
            low = low << 8 | UInt64(byte)
        }
        return (high, low)
    }
}
