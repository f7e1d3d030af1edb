// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow
import TraceStore

/// Where a list of flows ended: at a span, and at which of the flows that are listed there.
struct FlowCursor: Sendable, Hashable {
    /// The span's place in the order of a search.
    let place: SearchCursor
    /// The origin of the last flow that was listed there; `nil` where all were.
    let origin: SpanReference?

    init(_ place: SearchCursor, origin: SpanReference? = nil) {
        self.place = place
        // A span that a flow begins with belongs to no other.
        self.origin = origin == place.reference ? nil : origin
    }

    /// The place as the user of a command hands it back.
    var token: String {
        let rest = origin.map { "/\($0)" } ?? ""
        return "\(place.start.nanoseconds)/\(place.reference)\(rest)"
    }

    /// The place that a token names.
    init(token: String) throws(CommandError) {
        let parts = token.split(separator: "/").map(String.init)
        guard parts.count == 3 || parts.count == 5, let start = UInt64(parts[0]),
            let span = SpanReference(parts[1...2]), let origin = parts.count == 3 ? span : SpanReference(parts[3...4])
        else { throw .usage("--after is what the last line of a list says, not '\(token)'") }
        self.init(SearchCursor(start: Timestamp(nanoseconds: start), reference: span), origin: origin)
    }
}

extension SpanReference {
    fileprivate init?(_ parts: ArraySlice<String>) {
        guard let first = parts.first, let last = parts.last, let trace = TraceID(first), let span = SpanID(last)
        else { return nil }
        self.init(SpanContext(traceID: trace, spanID: span))
    }
}

extension SearchCursor {
    /// Where a span stands in the order of a search.
    init(_ span: SpanData) { self.init(start: span.start, reference: span.reference) }

    /// Whether another place comes behind this one in the order of a search.
    func isBefore(_ other: SearchCursor) -> Bool {
        start != other.start ? other.start < start : reference < other.reference
    }
}
