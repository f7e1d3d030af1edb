// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// All spans about a message have to name the same span as its creation.
///
/// Which message a span is about is told by partition and offset, or by its id. Where several producers claim the same,
/// as two clusters do, or a topic that was made anew, nothing is told; nor of links that lead nowhere, which is told by
/// itself.
enum ChangedContextRule {
    static func check(_ ground: LintGround, _ findings: inout LintCollector) {
        let claims = claims(of: ground)
        var named: [MessageName: (creation: SpanReference, by: SpanData)] = [:]
        for span in ground.table.spans where span.messagingOperation == .process || span.messagingOperation == .receive
        {
            checkParent(span, ground, &findings)
            let isBatch = span.batchCount != nil
            for link in span.links where isBatch ? link.role == .creation : link.role == .creation || link.role == nil {
                guard let message = MessageName(span, isBatch ? link.attributes : span.attributes) else { continue }
                let creation = SpanReference(link.context)
                guard ground.table[creation] != nil else { continue }
                if let claims = claims[message] {
                    guard claims.count == 1, let claim = claims.first, claim.key != creation else { continue }
                    findings.add(.changedContext, span) {
                        "\(span.hop) names span \(creation) as what created its message, and \(claim.value.hop), which "
                            + "sent it, names \(claim.key)"
                    }
                } else if let other = named[message], other.creation != creation {
                    findings.add(.changedContext, span) {
                        "\(span.hop) names span \(creation) as what created its message, and \(other.by.hop) names "
                            + "\(other.creation)"
                    }
                } else {
                    named[message] = (creation, span)
                }
            }
        }
    }

    /// What created each message, by the spans that sent it.
    private static func claims(of ground: LintGround) -> [MessageName: [SpanReference: SpanData]] {
        var claims: [MessageName: [SpanReference: SpanData]] = [:]
        for span in ground.table.spans where span.batchCount == nil {
            guard span.messagingOperation?.isProducing == true, let message = span.messageName else { continue }
            // What is passed on keeps the context that it was created with.
            let creation = span.links.first { $0.role == .creation }.map { SpanReference($0.context) }
            claims[message, default: [:]][creation ?? span.reference] = span
        }
        return claims
    }

    /// Who continues a message's trace is a child of what created the message.
    private static func checkParent(_ span: SpanData, _ ground: LintGround, _ findings: inout LintCollector) {
        guard span.messagingOperation == .process, span.batchCount == nil, span.parentIsRemote == true,
            let parent = span.parent.map({ SpanReference($0) }), ground.table[parent] != nil
        else { return }
        let creations = span.links.filter { $0.role == .creation }.map { SpanReference($0.context) }
        guard let creation = creations.first, !creations.contains(parent) else { return }
        findings.add(.changedContext, span) {
            "\(span.hop) is a child of span \(parent), which came with its message, and names "
                + "\(creation) as what created it"
        }
    }
}
