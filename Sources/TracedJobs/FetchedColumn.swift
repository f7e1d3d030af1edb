// SPDX-License-Identifier: Apache-2.0

import StitchPostgres

/// The columns of `fetch_jobs()` that a worker asks for, in the order in which it reads them: by place, since names would be
/// looked for in each row.
enum FetchedColumn: Int, CaseIterable {
    case no, ord, n, id, kind, attempt, maximumAttempts, losses, flags, payload, isCancelled, root, span, traceID,
        spanID
    case state, baggage, carrier, previousTrace, previousSpan, previousFlags, previousWorker, cause, createdAt,
        scheduledAt
    case waitingSince, runAt, claimedAt

    /// All of them, as a statement lists them.
    static let list = allCases.map(\.name).joined(separator: ", ")

    private var name: String {
        switch self {
        case .maximumAttempts: "max_attempts"
        case .isCancelled: "is_cancelled"
        case .traceID: "trace_id"
        case .spanID: "span_id"
        case .state: "tracestate"
        case .previousTrace: "prev_trace"
        case .previousSpan: "prev_span"
        case .previousFlags: "prev_flags"
        case .previousWorker: "prev_worker"
        case .createdAt: "created_at"
        case .scheduledAt: "scheduled_at"
        case .waitingSince: "waiting_since"
        case .runAt: "run_at"
        case .claimedAt: "claimed_at"
        case .no, .ord, .n, .id, .kind, .attempt, .losses, .flags, .payload, .root, .span, .baggage, .carrier, .cause:
            "\(self)"
        }
    }
}

extension PostgresRowReader {
    /// Decodes one of the columns.
    func decode<Value: PostgresDecodable>(
        _ column: FetchedColumn,
        as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        try decode(column.rawValue, as: type)
    }
}
