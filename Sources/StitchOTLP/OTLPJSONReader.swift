// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Reads `ExportTraceServiceRequest` in JSON, also as senders write it who don't keep to the letter: ids in base 64 or
/// in capitals, 64-bit numbers as numbers, enums by name.
///
/// Fields that are not known are passed over, and `null` is as good as nothing. A field of a span that has the wrong type
/// costs that span; elsewhere it costs the request.
struct OTLPJSONReader {
    var json: JSONReader
    /// What is wrong with the span that is being read, if anything.
    var complaint: String?
    private var budget: Int

    init(_ bytes: UnsafeRawBufferPointer, limits: OTLPLimits) {
        json = JSONReader(bytes, maximumDepth: limits.maximumDepth)
        budget = limits.maximumElementCount
    }

    mutating func spend(_ elements: Int = 1) throws(OTLPError) {
        budget -= elements
        guard budget >= 0 else {
            throw OTLPError(.tooLarge, "there are too many spans, metrics, points or attributes in a message of OTLP")
        }
    }

    mutating func request() throws(OTLPError) -> OTLPSpans {
        var result = OTLPSpans()
        try message { reader, key throws(OTLPError) in
            guard key.is("resourceSpans") else { return false }
            try reader.list("resourceSpans") { reader throws(OTLPError) in try reader.resourceSpans(into: &result) }
            return true
        }
        return result
    }

    /// Reads a whole message, field by field.
    ///
    /// - Parameter field: Reads the value of a field that it knows; says `false` of others, which are passed over.
    /// - Throws: ``OTLPError`` when it is no such message, or a limit is passed.
    mutating func message(
        _ field: (inout OTLPJSONReader, JSONReader.Key) throws(OTLPError) -> Bool
    ) throws(OTLPError) {
        guard try json.kind() == .object else { throw JSONReader.malformed("it is no object") }
        var isFirst = try json.enterObject()
        while let key = try json.nextKey(&isFirst) {
            if try !field(&self, key) { try json.skip() }
        }
        try json.finish()
        try check()
    }

    /// The complaint about what is not a span is one about the request.
    private mutating func check() throws(OTLPError) {
        if let complaint { throw JSONReader.malformed(complaint) }
    }

    private mutating func resourceSpans(into result: inout OTLPSpans) throws(OTLPError) {
        var resource = Resource(), schemaURL = ""
        let start = result.spans.count
        guard var isFirst = try object("resourceSpans") else { return }
        while let key = try json.nextKey(&isFirst) {
            if key.is("resource") {
                resource = try self.resource()
            } else if key.is("scopeSpans") {
                try list("scopeSpans") { reader throws(OTLPError) in try reader.scopeSpans(into: &result) }
            } else if key.is("schemaUrl") {
                schemaURL = try string("schemaUrl")
            } else {
                try json.skip()
            }
        }
        try check()
        resource.schemaURL = schemaURL
        // Fields come in any order, so the spans may have come before their resource.
        Self.set(resource, of: &result.spans, from: start)
    }

    /// Tells spans their resource; those of one scope go on sharing their origin.
    private static func set(_ resource: Resource, of spans: inout [SpanData], from start: Int) {
        var known = SpanOrigin.unknown, new = known
        for index in start..<spans.count {
            if spans[index].origin !== known || new === known {
                known = spans[index].origin
                new = SpanOrigin(resource, known.scope)
            }
            spans[index].origin = new
        }
    }

    mutating func resource() throws(OTLPError) -> Resource {
        var resource = Resource()
        guard var isFirst = try object("resource") else { return resource }
        while let key = try json.nextKey(&isFirst) {
            if key.is("attributes") {
                resource.attributes = try attributes()
            } else if key.is("droppedAttributesCount") {
                resource.droppedAttributeCount = try count("droppedAttributesCount")
            } else {
                try json.skip()
            }
        }
        return resource
    }

    private mutating func scopeSpans(into result: inout OTLPSpans) throws(OTLPError) {
        var scope = InstrumentationScope(name: ""), schemaURL = ""
        let start = result.spans.count
        guard var isFirst = try object("scopeSpans") else { return }
        while let key = try json.nextKey(&isFirst) {
            if key.is("scope") {
                scope = try self.scope()
            } else if key.is("spans") {
                try check()
                try list("spans") { reader throws(OTLPError) in try reader.keepSpan(in: &result) }
            } else if key.is("schemaUrl") {
                schemaURL = try string("schemaUrl")
            } else {
                try json.skip()
            }
        }
        scope.schemaURL = schemaURL
        let origin = SpanOrigin(Resource(), scope)
        for index in start..<result.spans.count { result.spans[index].origin = origin }
    }

    mutating func scope() throws(OTLPError) -> InstrumentationScope {
        var scope = InstrumentationScope(name: "")
        guard var isFirst = try object("scope") else { return scope }
        while let key = try json.nextKey(&isFirst) {
            if key.is("name") {
                scope.name = try string("name")
            } else if key.is("version") {
                scope.version = try string("version")
            } else if key.is("attributes") {
                scope.attributes = try attributes()
            } else if key.is("droppedAttributesCount") {
                scope.droppedAttributeCount = try count("droppedAttributesCount")
            } else {
                try json.skip()
            }
        }
        return scope
    }

    private mutating func keepSpan(in result: inout OTLPSpans) throws(OTLPError) {
        let span = try span()
        if let complaint {
            result.reject(complaint)
            self.complaint = nil
        } else if let span {
            result.spans.append(span)
        }
    }
}
