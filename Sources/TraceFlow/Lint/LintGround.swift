// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext

/// What the rules look at: spans, and what of them several rules ask for.
struct LintGround: Sendable {
    /// All spans that are known, those from outside of the window among them.
    let table: SpanTable
    let lint: FlowLint

    /// The spans from outside of the window: nothing is found in them.
    let outside: Set<SpanReference>

    /// What is known of spans outside of the window.
    private let surroundings: LintSurroundings

    /// Where the spans stand that work on a message, by what created the message.
    let work: [SpanReference: [Int]]

    /// What created the messages that some span sends.
    let sent: Set<SpanReference>

    /// The messages whose worker was lost, as whoever took them over says.
    let rescued: Set<MessageName>

    /// The services in which a send of several messages has links to not all of them.
    let servicesWithoutAllLinks: Set<String>

    /// The services in which work on several messages has links to not all of them.
    let servicesWithoutAllWork: Set<String>

    /// Who names messages alike in polls and in work on them, as is seen of some message.
    private(set) var comparable: Set<LintedTracer> = []

    private let traceSizes: [TraceID: Int]

    /// What is known of why a span may not be there, also from spans that tell of lost workers.
    private let horizon: FlowHorizon

    /// What rules look at, of spans and what surrounds them.
    init(_ spans: [SpanData], _ lint: FlowLint, _ surroundings: LintSurroundings) {
        var outside = Set(surroundings.spans.lazy.map(\.reference))
        if !outside.isEmpty { for span in spans { outside.remove(span.reference) } }
        self.init(SpanTable(surroundings.spans + spans), lint, surroundings, outside: outside)
    }

    init(
        _ table: SpanTable,
        _ lint: FlowLint,
        _ surroundings: LintSurroundings = LintSurroundings(),
        outside: Set<SpanReference> = []
    ) {
        self.table = table
        self.lint = lint
        self.outside = outside
        self.surroundings = surroundings
        var work: [SpanReference: [Int]] = [:]
        var sent: Set<SpanReference> = []
        var rescued: Set<MessageName> = []
        var servicesWithoutAllLinks: Set<String> = []
        var servicesWithoutAllWork: Set<String> = []
        var traceSizes: [TraceID: Int] = [:]
        var horizon = lint.horizon
        for (position, span) in table.spans.enumerated() {
            traceSizes[span.traceID, default: 0] += 1
            if let worker = span.lostWorker { horizon.lostWorkers.insert(worker) }
            switch span.messagingOperation {
            case .process:
                if span.droppedLinkCount > 0 { servicesWithoutAllWork.insert(span.resource.serviceName) }
                for link in span.creationLinks {
                    let creation = SpanReference(link.context)
                    if work[creation]?.last != position { work[creation, default: []].append(position) }
                }
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
        self.servicesWithoutAllWork = servicesWithoutAllWork
        self.traceSizes = traceSizes
        self.horizon = horizon
        for span in table.spans where span.messagingOperation == .receive {
            let tracer = LintedTracer(span)
            if !comparable.contains(tracer), namesWork(span) { comparable.insert(tracer) }
        }
    }

    /// The spans in which something may be found, in the order of their start.
    var spans: LazyFilterSequence<[SpanData]> {
        table.spans.lazy.filter { [outside] in outside.isEmpty || !outside.contains($0.reference) }
    }

    /// How many spans of a trace there are.
    func spanCount(of trace: TraceID) -> Int { max(traceSizes[trace] ?? 0, surroundings.traceSizes[trace] ?? 0) }

    /// Whether everything is known that came of a span at once: it has arrived, and nothing of it was left out.
    func isComplete(_ span: SpanData) -> Bool {
        !lint.horizon.mayLack(max(span.start, span.end)) && knows(span.traceID)
    }

    /// Whether it is known what is there of a trace, and what links to it.
    func knows(_ trace: TraceID) -> Bool { !surroundings.unknownTraces.contains(trace) }

    /// Why a span isn't there that another one refers to, by these links if any; `nil` if nobody knows.
    func explanation(of end: SpanReference, missedBy span: SpanData, _ links: [SpanLink]) -> LintReport.EndExplanation?
    {
        guard knows(end.traceID) else { return .outside }
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
