// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// What is drawn of a flow, on a terminal or on a page: its rows with their bars on one axis.
///
/// The attempts at one message share a row, and of very many alike some stand for all.
struct FlowPicture {
    /// A piece of a row's bar.
    struct Bar {
        enum Kind: Hashable {
            case work(hasFailed: Bool)
            case wait(FlowWait.Reason)
        }

        let start: Timestamp
        let end: Timestamp
        let kind: Kind
    }

    /// One row.
    struct Row {
        /// Its spans: one, the attempts of a lane in their order, or none if it stands for others.
        let spans: [SpanData]
        let service: String
        let label: String
        /// For each level above it, whether further rows of that level follow; the last is its own level.
        let continues: [Bool]
        let hasEffects: Bool
        let bars: [Bar]
        /// What is told below it.
        let notes: [String]
        let worked: Duration
        let hasFailed: Bool
        /// When the flow's critical path was on it.
        let critical: [(start: Timestamp, end: Timestamp)]

        var depth: Int { continues.count }
    }

    let flow: Flow
    let rows: [Row]
    let scale: TimeScale
    /// How many spans have no row of their own.
    let foldedCount: Int

    /// Lays out a flow.
    ///
    /// - Parameters:
    ///   - flow: The flow.
    ///   - maximumRows: About how many rows there may be, from 10.
    init(_ flow: Flow, maximumRows: Int) {
        self.flow = flow
        let waterfall = Waterfall(flow)
        var tree = FlowTree(waterfall.rows, of: flow)
        tree.fold(to: max(10, maximumRows))
        let names = Dictionary(
            flow.spans.map { ($0.reference, WaterfallLabel.shortName(of: $0)) },
            uniquingKeysWith: { first, _ in first }
        )
        let notes = FlowNotes(flow: flow, names: names)
        var critical: [SpanReference: [(start: Timestamp, end: Timestamp)]] = [:]
        for segment in CriticalPath(flow).segments {
            critical[segment.span, default: []].append((segment.start, segment.end))
        }
        rows = tree.shownNodes.map { Row($0, in: tree, notes, critical) }
        foldedCount = tree.foldedCount
        scale = TimeScale(
            work: flow.spans.map { ($0.start, max($0.start, $0.end)) },
            from: waterfall.start,
            to: waterfall.end
        )
    }
}

extension FlowPicture.Row {
    fileprivate init(
        _ node: Int,
        in tree: FlowTree,
        _ notes: FlowNotes,
        _ path: [SpanReference: [(start: Timestamp, end: Timestamp)]]
    ) {
        continues = tree.continues(of: node)
        hasEffects = tree.nodes[node].hasShownEffects
        if let fold = tree.nodes[node].fold {
            spans = []
            service = fold.service
            label = fold.label
            bars = [FlowPicture.Bar(start: fold.start, end: fold.end, kind: .work(hasFailed: fold.errors > 0))]
            self.notes = fold.notes
            worked = fold.worked
            hasFailed = fold.errors > 0
            critical = []
            return
        }
        let rows = tree.nodes[node].rows
        spans = rows.map(\.span)
        service = rows.first?.span.resource.serviceName ?? ""
        label = WaterfallLabel.text(ofLane: spans)
        bars = rows.flatMap { row in
            notes.flow.waits(of: row.span).map { FlowPicture.Bar(start: $0.start, end: $0.end, kind: .wait($0.reason)) }
                + [
                    FlowPicture.Bar(
                        start: row.span.start,
                        end: max(row.span.start, row.span.end),
                        kind: .work(hasFailed: row.span.hasError)
                    )
                ]
        }
        self.notes = rows.count == 1 ? notes.notes(on: rows[0]) : notes.notes(onLane: rows)
        worked = rows.reduce(.zero) { $0 + max(.zero, $1.span.duration) }
        hasFailed = rows.last?.span.hasError ?? false
        critical = spans.flatMap { path[$0.reference] ?? [] }
    }
}
