// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// What spans refer to has to be there.
enum LinkRules {
    static func check(_ ground: LintGround, _ findings: inout LintCollector) {
        for span in ground.spans {
            let parent = span.parent.map { SpanReference($0) }
            if let parent, ground.table[parent] == nil {
                let links = span.links.filter { SpanReference($0.context) == parent }
                if let reason = ground.explanation(of: parent, missedBy: span, links) {
                    findings.explain(reason)
                } else {
                    findings.add(.orphan, span) {
                        "\(span.hop) \(span.orphanText(parent, ofTraceWith: ground.spanCount(of: parent.traceID)))"
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
                        "\(span.hop) \(span.danglingText(link, ofTraceWith: ground.spanCount(of: end.traceID)))"
                    }
                }
            }
        }
    }
}
