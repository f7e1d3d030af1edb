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
        /// How deep it stands, 0 for the origin.
        let depth: Int
        /// For each level above it, whether further rows of that level follow; the last is its own level.
        ///
        /// Of a deep row, the innermost levels.
        let continues: [Bool]
        let hasEffects: Bool
        let bars: [Bar]
        /// What is told below it.
        let notes: [String]
        /// How long its spans worked; `nil` if it stands for others.
        let worked: Duration?
        let hasFailed: Bool
        /// When the flow's critical path was on it.
        let critical: [(start: Timestamp, end: Timestamp)]
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
        let isSmall = flow.spans.count <= maximumRows
        let waterfall = Waterfall(
            flow,
            options: Waterfall.Options(
                joinsAttempts: true,
                repeats: isSmall ? nil : Self.repeats,
                maximumRows: max(10, maximumRows),
                gapShare: Self.gapShare
            )
        )
        let names = Dictionary(
            flow.spans.map { ($0.reference, WaterfallLabel.shortName(of: $0)) },
            uniquingKeysWith: { first, _ in first }
        )
        let notes = FlowNotes(flow: flow, names: names)
        var critical: [SpanReference: [(start: Timestamp, end: Timestamp)]] = [:]
        for segment in CriticalPath(flow).segments {
            critical[segment.span, default: []].append((segment.start, segment.end))
        }
        let depths = waterfall.rows.dropFirst().map(\.depth) + [0]
        rows = zip(waterfall.rows, depths).map { row, next in
            Row(row, hasEffects: next > row.depth, notes, critical)
        }
        foldedCount = waterfall.rows.reduce(0) { $0 + ($1.fold?.spans ?? 0) }
        scale = TimeScale(waterfall)
    }

    /// How many alike are shown of a flow that has more spans than rows.
    private static let repeats = 10
    private static let gapShare = 0.02
}

extension FlowPicture.Row {
    fileprivate init(
        _ row: Waterfall.Row,
        hasEffects: Bool,
        _ notes: FlowNotes,
        _ path: [SpanReference: [(start: Timestamp, end: Timestamp)]]
    ) {
        service = row.fold?.isUniform == false ? "" : row.span.resource.serviceName
        depth = row.depth
        continues = row.continues
        self.hasEffects = hasEffects
        if let fold = row.fold {
            spans = []
            label = WaterfallLabel.text(of: fold, span: row.span)
            bars = [Self.work(row.span)]
            self.notes = notes.notes(on: fold)
            worked = nil
            hasFailed = fold.failures > 0
            critical = []
            return
        }
        spans = row.attempts.isEmpty ? [row.span] : row.attempts
        label = WaterfallLabel.text(ofLane: spans)
        bars =
            row.waits.map { FlowPicture.Bar(start: $0.start, end: $0.end, kind: .wait($0.reason)) }
            + spans.map { Self.work($0) }
        self.notes = spans.count == 1 ? notes.notes(on: row) : notes.notes(onLane: row)
        worked = spans.reduce(.zero) { $0 + max(.zero, $1.duration) }
        hasFailed = spans.last?.hasError ?? false
        critical = spans.flatMap { path[$0.reference] ?? [] }
    }

    private static func work(_ span: SpanData) -> FlowPicture.Bar {
        FlowPicture.Bar(start: span.start, end: max(span.start, span.end), kind: .work(hasFailed: span.hasError))
    }
}
