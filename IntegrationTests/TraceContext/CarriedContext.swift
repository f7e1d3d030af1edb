// SPDX-License-Identifier: Apache-2.0

import StitchHTTP
import Testing

/// What arrived at the target, apart from what differs from one request to the next.
struct CarriedContext: Hashable {
    enum Trace: Hashable {
        /// That of the sender.
        case continued
        /// One that the service began.
        case new
    }

    var trace: Trace
    var flags: String
    var state: String?
    var baggage: String?

    /// The sender's trace goes on.
    static func continued(_ flags: String, state: String? = nil, baggage: String? = nil) -> CarriedContext {
        CarriedContext(trace: .continued, flags: flags, state: state, baggage: baggage)
    }

    /// A trace of the service's own, sampled and with a random id.
    static func new(baggage: String? = nil) -> CarriedContext {
        CarriedContext(trace: .new, flags: "03", state: nil, baggage: baggage)
    }
}

extension CarriedContext {
    /// The sender of all cases.
    static let sentTrace = "7d3f0a91c2be4865a1f00c9e5b6d2471"
    static let sentSpan = "91b7c04e2fa8d365"

    /// Reads what the calls of one request carried: one trace, and a parent for each.
    init(_ requests: [HTTPRequest]) throws {
        let parents = try requests.map { request in
            let fields = request.fields.filter { $0.name.lowercased() == "traceparent" }
            // Sent in lower case, once (section 3.2).
            #expect(fields.map(\.name) == ["traceparent"])
            return try #require(fields.first?.value)
        }
        var traces: Set<Substring> = []
        var flags: Set<Substring> = []
        for parent in parents {
            let parts = try #require(try /00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/.wholeMatch(in: parent)).output
            #expect(parts.1.contains { $0 != "0" } && parts.2.contains { $0 != "0" })
            #expect(parts.2 != Self.sentSpan, "the parent of a call is the call, not whoever called the service")
            traces.insert(parts.1)
            flags.insert(parts.3)
        }
        #expect(traces.count == 1 && flags.count == 1)
        #expect(Set(parents).count == requests.count, "each call is a parent of its own")
        trace = traces.first.map { $0 == Self.sentTrace } == true ? .continued : .new
        self.flags = String(flags.first ?? "")
        state = try Self.value("tracestate", in: requests)
        // White space within it is nobody's.
        baggage = try Self.value("baggage", in: requests)?.replacing(/[ \t]*([,;=])[ \t]*/) { $0.output.1 }
    }

    /// The value that all requests have, each once at most.
    private static func value(_ name: String, in requests: [HTTPRequest]) throws -> String? {
        let values = Set(requests.map { $0.values(of: name) })
        #expect(values.count == 1)
        let first = try #require(values.first)
        #expect(first.count <= 1)
        return first.first
    }
}
