// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Spans that never matter are told.
///
/// Only what is nothing but work inside a service counts: no message, no request, no failure, and nothing links to it.
enum CriticalRule {
    private struct Kind: Hashable {
        var service: String
        var name: String
    }

    private struct Tally {
        var spans: [SpanData] = []
        var flows = 0
        var lastFlow = -1
        var matters = false
    }

    static func check(
        _ ground: LintGround,
        _ flows: some Sequence<Flow>,
        _ critical: (Flow) -> Set<SpanReference>,
        _ findings: inout LintCollector
    ) {
        var linked: Set<SpanReference> = []
        for span in ground.table.spans { for link in span.links { linked.insert(SpanReference(link.context)) } }
        var tallies: [Kind: Tally] = [:]
        for (number, flow) in flows.enumerated() {
            let path = critical(flow)
            for span in flow.spans {
                let kind = Kind(service: span.resource.serviceName, name: span.name)
                var tally = tallies.removeValue(forKey: kind) ?? Tally()
                tally.matters =
                    tally.matters || path.contains(span.reference) || span.mattersByItself
                    || linked.contains(span.reference)
                if tally.matters {
                    tally.spans = []
                } else {
                    tally.spans.append(span)
                    if tally.lastFlow != number { tally.flows += 1 }
                    tally.lastFlow = number
                }
                tallies[kind] = tally
            }
        }
        let limits = ground.lint.limits
        for (kind, tally) in tallies where !tally.matters {
            guard tally.spans.count >= limits.neverCriticalSpans, tally.flows >= limits.neverCriticalFlows else {
                continue
            }
            let total = tally.spans.reduce(Int64(0)) { $0.addingSaturated($1.lengthInNanoseconds) }
            for span in tally.spans {
                findings.add(.neverCritical, span) {
                    "none of the \(tally.spans.count) spans \(kind.name) of \(kind.service), which took "
                        + "\(Duration.nanoseconds(total).inWords) in \(tally.flows) flows, was ever on a critical path"
                }
            }
        }
    }
}

extension SpanData {
    /// Whether it would be missed whatever the critical path.
    fileprivate var mattersByItself: Bool {
        kind != .internal || hasError || parentSpanID == nil || messagingOperation != nil || !links.isEmpty
            || !events.isEmpty
    }
}
