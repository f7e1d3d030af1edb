// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// What spans refer to has to be there.
enum LinkRules {
    static func check(_ ground: LintGround, _ findings: inout LintCollector) {
        for span in ground.table.spans {
            let parent = span.parent.map { SpanReference($0) }
            if let parent, ground.table[parent] == nil {
                let links = span.links.filter { SpanReference($0.context) == parent }
                if let reason = ground.explanation(of: parent, missedBy: span, links) {
                    findings.explain(reason)
                } else {
                    let isCreation = links.contains { $0.role == .creation }
                    findings.add(.orphan, span) {
                        "\(span.hop) is a child of \(isCreation ? "what created its message, " : "")"
                            + missing(parent, from: span, ground)
                    }
                }
            }
            for link in span.links {
                let end = SpanReference(link.context)
                // A parent that isn't there has been told of.
                guard ground.table[end] == nil, end != parent else { continue }
                if let reason = ground.explanation(of: end, missedBy: span, [link]) {
                    findings.explain(reason)
                } else {
                    findings.add(.danglingLink, span) {
                        "\(span.hop) links to \(link.lintedPurpose)\(missing(end, from: span, ground))"
                    }
                }
            }
        }
    }

    private static func missing(_ end: SpanReference, from span: SpanData, _ ground: LintGround) -> String {
        let others = ground.spanCount(of: end.traceID) - (span.traceID == end.traceID ? 1 : 0)
        let rest =
            switch others {
            case ...0: "nor is anything else of that trace"
            case 1: "though 1 other span of that trace is"
            default: "though \(others) other spans of that trace are"
            }
        return "span \(end.spanID) of trace \(end.traceID), which isn't there, \(rest)"
    }
}

extension SpanLink {
    /// What the link is to, as a part of a sentence.
    fileprivate var lintedPurpose: String {
        switch role {
        case .creation: "what created its message, "
        case .previousAttempt: "the attempt before it, "
        case .attempt: "the attempt that it settles, "
        case .ambient: "what was current, "
        case nil: ""
        }
    }
}
