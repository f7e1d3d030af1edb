// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// All spans about a message have to name the same span as its creation.
///
/// Which message a span is about is told by partition and offset, or by its id. Where several producers claim the same,
/// as two clusters do, or a topic that was made anew, nothing is told; nor of links that lead nowhere, which is told by
/// itself.
enum ChangedContextRule {
    /// What some span names as a message's creation.
    private struct Claim {
        var creation: SpanReference
        /// Where the span stands.
        var position: Int
        /// Whether another span that sends the message names another creation.
        var isContested = false
    }

    static func check(_ ground: LintGround, _ findings: inout LintCollector) {
        let sent = claims(of: ground)
        var read: [MessageName: Claim] = [:]
        for (position, span) in ground.table.spans.enumerated() {
            guard span.messagingOperation == .process || span.messagingOperation == .receive else { continue }
            checkParent(span, ground, &findings)
            let isBatch = span.batchCount != nil
            for link in span.links where link.role == .creation || (link.role == nil && !isBatch) {
                guard let message = MessageName(span, isBatch ? link.attributes : span.attributes) else { continue }
                let claim = Claim(creation: SpanReference(link.context), position: position)
                guard ground.table[claim.creation] != nil else { continue }
                guard let other = sent[message] ?? read[message] else {
                    read[message] = claim
                    continue
                }
                guard !other.isContested, other.creation != claim.creation, !ground.outside.contains(span.reference)
                else { continue }
                findings.add(.changedContext, span) {
                    "\(span.hop) names span \(claim.creation) as what created its message, and "
                        + "\(ground.table.spans[other.position].hop) names \(other.creation)"
                }
            }
        }
    }

    /// What created each message, by the spans that sent it.
    private static func claims(of ground: LintGround) -> [MessageName: Claim] {
        var claims: [MessageName: Claim] = [:]
        for (position, span) in ground.table.spans.enumerated() where span.batchCount == nil {
            guard span.messagingOperation?.isProducing == true, let message = span.messageName else { continue }
            // What is passed on keeps the context that it was created with.
            let creation = span.links.first { $0.role == .creation }.map { SpanReference($0.context) } ?? span.reference
            if let other = claims[message], other.creation != creation { claims[message]?.isContested = true }
            if claims[message] == nil { claims[message] = Claim(creation: creation, position: position) }
        }
        return claims
    }

    /// Who continues a message's trace is a child of what created the message.
    private static func checkParent(_ span: SpanData, _ ground: LintGround, _ findings: inout LintCollector) {
        guard !ground.outside.contains(span.reference), span.messagingOperation == .process,
            span.batchCount == nil, span.parentIsRemote == true,
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
