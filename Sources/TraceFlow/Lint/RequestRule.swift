// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Who answers a request has to continue its caller's trace.
///
/// A request is taken for a caller's if it is of the same method and path, of another service, and came while the caller
/// awaited its answer. Callers that have an answer in their own trace don't count.
enum RequestRule {
    private struct Request: Hashable {
        var method: String
        var path: String

        init?(_ span: SpanData) {
            guard let method = span.attributes["http.request.method"]?.stringValue else { return nil }
            let path = span.attributes["url.path"]?.stringValue ?? span.attributes["url.full"]?.stringValue?.path
            guard let path else { return nil }
            self.method = method
            self.path = path
        }
    }

    /// How many callers are looked at for a request: the latest.
    private static let candidates = 16

    static func check(_ ground: LintGround, _ findings: inout LintCollector) {
        var answered: Set<SpanReference> = []
        for span in ground.table.spans where span.kind == .server {
            if let parent = span.parent { answered.insert(SpanReference(parent)) }
        }
        var callers: [Request: [SpanData]] = [:]
        for span in ground.table.spans {
            if span.kind == .client, let request = Request(span), !answered.contains(span.reference) {
                // Its answer may have a span that isn't here yet.
                guard ground.isComplete(span) else { continue }
                callers[request, default: []].append(span)
            } else if span.kind == .server, span.parentSpanID == nil, span.links.isEmpty, let request = Request(span) {
                // Spans come in the order of their start, so those that may have called are here.
                guard !ground.outside.contains(span.reference),
                    let caller = callers[request]?.suffix(candidates).last(where: { $0.mayHaveCalled(span) })
                else { continue }
                findings.add(.requestWithoutContext, span) {
                    "\(span.hop) began a trace although it seems to answer \(caller.hop)"
                }
            }
        }
    }
}

extension SpanData {
    fileprivate func mayHaveCalled(_ answer: SpanData) -> Bool {
        resource.serviceName != answer.resource.serviceName && start <= answer.start && answer.start <= end
    }
}

extension String {
    /// The path of a URL: what stands between the host and `?` or `#`.
    fileprivate var path: String? {
        let bytes = utf8
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let rest = bytes[bytes.index(after: colon)...].drop { $0 == UInt8(ascii: "/") }
        guard let slash = rest.firstIndex(of: UInt8(ascii: "/")) else { return "/" }
        return String(rest[slash...].prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") })
    }
}
