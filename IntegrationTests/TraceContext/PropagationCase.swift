// SPDX-License-Identifier: Apache-2.0

import Testing

/// What comes in with a request, and what has to go out with its calls.
struct PropagationCase: Sendable, CustomTestStringConvertible {
    var name: String
    var fields: [(String, String)]
    var expected: CarriedContext

    var testDescription: String { name }

    init(_ name: String, _ fields: (String, String)..., expected: CarriedContext) {
        self.name = name
        self.fields = fields
        self.expected = expected
    }

    /// A sampled parent of version 00, with its parts replaced.
    static func parent(
        version: String = "00",
        trace: String = CarriedContext.sentTrace,
        span: String = CarriedContext.sentSpan,
        flags: String = "01",
        rest: String = ""
    ) -> (String, String) {
        ("traceparent", "\(version)-\(trace)-\(span)-\(flags)\(rest)")
    }

    static func state(_ value: String) -> (String, String) { ("tracestate", value) }

    static func baggage(_ value: String) -> (String, String) { ("baggage", value) }
}
