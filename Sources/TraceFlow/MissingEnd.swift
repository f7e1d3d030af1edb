// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// A span that a flow's span refers to and that isn't there.
public struct MissingEnd: Sendable, Hashable {
    /// What the missing span is to the one that refers to it.
    public enum Relation: Sendable, Hashable {
        /// Its parent, and nothing else.
        case parent
        /// What created its message, its parent too or not.
        case creation
        /// The attempt before.
        case previousAttempt
        /// What it links to, nobody said as what.
        case other
    }

    /// Why it isn't there.
    public enum Cause: Sendable, Hashable {
        /// It was not sampled, as the link says.
        case notSampled
        /// The worker that made it was lost, and the span with it.
        case lost(worker: String)
        /// It is older than what is kept.
        case expired
        /// It may still arrive.
        case notArrived
        /// Nothing is known that would explain it.
        case unexplained
    }

    /// The span that refers to it.
    public var span: SpanReference

    /// The span that isn't there.
    public var end: SpanReference

    /// What it is to the one that refers to it.
    public var relation: Relation

    /// Why it isn't there, as far as known.
    public var cause: Cause
}

extension MissingEnd.Cause {
    /// Why a span isn't there that another one refers to; what is most surely known comes first.
    ///
    /// - Parameters:
    ///   - span: The span that refers to it.
    ///   - links: The links by which it does; none if it is its parent and nothing else.
    ///   - hasTrace: Whether anything of the trace is there of which it would be.
    ///   - lostWorker: The worker that it was lost with, if it was.
    ///   - horizon: What else is known.
    init(
        missedBy span: SpanData,
        over links: [SpanLink],
        hasTrace: Bool,
        lostWorker: String?,
        _ horizon: FlowHorizon
    ) {
        // A trace of which there is anything was sampled. Some senders leave flags out, those of their own spans too.
        let isSampled = hasTrace || !span.context.isSampled || links.allSatisfy(\.context.isSampled)
        self =
            if !isSampled {
                .notSampled
            } else if let lostWorker {
                .lost(worker: lostWorker)
            } else if horizon.hasLost(span.start.earlier(by: links.isEmpty ? .zero : span.wait)) {
                .expired
            } else if horizon.mayLack(max(span.start, span.end)) {
                .notArrived
            } else {
                .unexplained
            }
    }
}

extension SpanGraph {
    /// What a span refers to as its cause and what isn't there: see ``FlowLimits/checkedLinks``.
    ///
    /// Each once; what is parent and linked to is the latter.
    func missingEnds(of node: Node, checkedLinks: Int) -> [(node: Node, link: SpanLink?)] {
        var ends: [(node: Node, link: SpanLink?)] = []
        let links = links(of: node)
        if !links.isEmpty, links.count <= checkedLinks, span(node)?.linksJoin == true {
            for link in links where link.isCause {
                guard let end = self.node(SpanReference(link.context)), !isPresent(end), end != node,
                    !ends.contains(where: { $0.node == end })
                else { continue }
                ends.append((end, link))
            }
        }
        if let parent = parent(of: node), !isPresent(parent),
            !ends.contains(where: { $0.node == parent })
        {
            ends.append((parent, nil))
        }
        return ends
    }
}

extension MissingEnd {
    static func all(
        of nodes: [SpanGraph.Node],
        in graph: borrowing LoadedGraph,
        _ limits: FlowLimits,
        _ horizon: FlowHorizon
    ) -> [MissingEnd] {
        var missing: [MissingEnd] = []
        var horizon = horizon
        for node in nodes where graph.spans.hasFailed(node) {
            if let worker = graph.spans.span(node)?.lostWorker { horizon.lostWorkers.insert(worker) }
        }
        for node in nodes {
            for end in graph.spans.missingEnds(of: node, checkedLinks: limits.checkedLinks) {
                guard graph.isLoaded(graph.spans.trace(of: end.node)), let span = graph.spans.span(node)
                else { continue }
                let reference = graph.spans.references[end.node]
                let hasTrace = !graph.spans.nodes(ofTrace: reference.traceID).isEmpty
                missing.append(
                    MissingEnd(
                        span: span.reference,
                        end: reference,
                        relation: relation(end.link),
                        cause: Cause(
                            missedBy: span,
                            over: end.link.map { [$0] } ?? [],
                            hasTrace: hasTrace,
                            lostWorker: horizon.lostWorker(of: span, end.link),
                            horizon
                        )
                    )
                )
            }
        }
        return missing
    }

    private static func relation(_ link: SpanLink?) -> Relation {
        guard let link else { return .parent }
        switch link.role {
        case .creation: return .creation
        case .previousAttempt: return .previousAttempt
        default: return .other
        }
    }

    fileprivate static let instanceID = "service.instance.id"
}

extension FlowHorizon {
    /// The worker that what a span refers to was lost with.
    ///
    /// What a killed worker had not exported was children's parents of its own process, and attempts that links name.
    func lostWorker(of span: SpanData, _ link: SpanLink?) -> String? {
        let isOwn = link == nil && span.parentIsRemote != true
        let named = isOwn ? span.resource.attributes : link?.attributes
        return named?[MissingEnd.instanceID]?.stringValue.flatMap { lostWorkers.contains($0) ? $0 : nil }
    }
}

extension SpanData {
    /// The worker that was lost in the midst of this attempt, which somebody else has told.
    var lostWorker: String? {
        guard attributes[MessagingConventions.Attribute.errorType]?.stringValue == "worker_lost"
        else { return nil }
        return attributes[MissingEnd.instanceID]?.stringValue
    }
}
