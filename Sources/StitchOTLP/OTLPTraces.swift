// SPDX-License-Identifier: Apache-2.0

/// OTLP's trace messages as its JSON encoding has them: ids in hexadecimal, 64-bit numbers as strings, enums as numbers.
///
/// What is optional here may be missing in what others write.
struct OTLPTraces: Codable {
    var resourceSpans: [ResourceSpans]?

    struct ResourceSpans: Codable {
        var resource: Resource?
        var scopeSpans: [ScopeSpans]?
    }

    struct Resource: Codable {
        var attributes: [OTLPKeyValue]?
    }

    struct ScopeSpans: Codable {
        var scope: Scope?
        var spans: [Span]?
        var schemaUrl: String?
    }

    struct Scope: Codable {
        var name: String?
        var version: String?
    }

    struct Span: Codable {
        var traceId: String
        var spanId: String
        var traceState: String?
        var parentSpanId: String?
        var flags: UInt32?
        var name: String?
        var kind: Int?
        var startTimeUnixNano: OTLPNumber?
        var endTimeUnixNano: OTLPNumber?
        var attributes: [OTLPKeyValue]?
        var events: [Event]?
        var links: [Link]?
        var droppedLinksCount: Int?
        var status: Status?
    }

    struct Event: Codable {
        var timeUnixNano: OTLPNumber?
        var name: String?
        var attributes: [OTLPKeyValue]?
    }

    struct Link: Codable {
        var traceId: String
        var spanId: String
        var traceState: String?
        var attributes: [OTLPKeyValue]?
        var flags: UInt32?
    }

    struct Status: Codable {
        var code: Int?
        var message: String?
    }
}
