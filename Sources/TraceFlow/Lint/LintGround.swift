// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext

/// What the rules look at: spans, and what of them several rules ask for.
struct LintGround: Sendable {
    let table: SpanTable
    let lint: FlowLint

    /// Where the spans stand that work on a message, by what created the message.
    let work: [SpanReference: [Int]]

    /// What created the messages that some span sends.
    let sent: Set<SpanReference>

    /// The messages whose worker was lost, as whoever took them over says.
    let rescued: Set<MessageName>

    /// The services in which a send of several messages has links to not all of them.
    let servicesWithoutAllLinks: Set<String>

    private let traceSizes: [TraceID: Int]

    /// What is known of why a span may not be there, also from spans that tell of lost workers.
    private let horizon: FlowHorizon

    init(_ table: SpanTable, _ lint: FlowLint) {
        self.table = table
        self.lint = lint
        var work: [SpanReference: [Int]] = [:]
        var sent: Set<SpanReference> = []
        var rescued: Set<MessageName> = []
        var servicesWithoutAllLinks: Set<String> = []
        var traceSizes: [TraceID: Int] = [:]
        var horizon = lint.horizon
        for (position, span) in table.spans.enumerated() {
            traceSizes[span.traceID, default: 0] += 1
            if let worker = span.lostWorker { horizon.lostWorkers.insert(worker) }
            switch span.messagingOperation {
            case .process:
                for link in span.creationLinks { work[SpanReference(link.context), default: []].append(position) }
            case .send:
                for link in span.links { sent.insert(SpanReference(link.context)) }
                if span.droppedLinkCount > 0 { servicesWithoutAllLinks.insert(span.resource.serviceName) }
            case .settle where span.attributes[MessagingConventions.Attribute.settleReason]?.stringValue == "rescue":
                if let message = span.messageName { rescued.insert(message) }
            default: break
            }
        }
        self.work = work
        self.sent = sent
        self.rescued = rescued
        self.servicesWithoutAllLinks = servicesWithoutAllLinks
        self.traceSizes = traceSizes
        self.horizon = horizon
    }

    /// How many spans of a trace are here.
    func spanCount(of trace: TraceID) -> Int { traceSizes[trace] ?? 0 }

    /// Whether everything that followed a moment at once has arrived.
    func isComplete(_ moment: Timestamp) -> Bool { !lint.horizon.mayLack(moment) }

    /// Why a span isn't there that another one refers to, by these links if any; `nil` if nobody knows.
    func explanation(of end: SpanReference, missedBy span: SpanData, _ links: [SpanLink]) -> LintReport.EndExplanation?
    {
        let isAttempt = links.contains { $0.role == .previousAttempt }
        let isRescued = isAttempt && span.messageName.map { rescued.contains($0) } ?? false
        return LintReport.EndExplanation(
            MissingEnd.Cause(
                missedBy: span,
                over: links,
                hasTrace: spanCount(of: end.traceID) > 0,
                lostWorker: isRescued ? "" : horizon.lostWorker(of: span, links.first),
                horizon
            )
        )
    }
}
