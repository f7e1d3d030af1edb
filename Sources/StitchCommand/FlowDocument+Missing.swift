// SPDX-License-Identifier: Apache-2.0

import TraceContext
import TraceFlow

extension FlowDocument {
    /// What a span refers to as its cause and what isn't there.
    struct Missing: Encodable {
        var trace: String
        var span: String
        var missingTrace: String
        var missingSpan: String
        var relation: String
        var cause: String
        /// The worker that it was lost with.
        var worker: String?

        init(_ missing: MissingEnd) {
            trace = missing.span.traceID.description
            span = missing.span.spanID.description
            missingTrace = missing.end.traceID.description
            missingSpan = missing.end.spanID.description
            relation = missing.relation.word
            cause = missing.cause.word
            if case .lost(let worker) = missing.cause { self.worker = worker }
        }
    }

    /// A span that more spans link to than were followed.
    struct Hub: Encodable {
        var trace: String
        var span: String
        var count: Int
        var isExact: Bool
        var followed: Int

        init(_ hub: FlowHub) {
            trace = hub.span.traceID.description
            span = hub.span.spanID.description
            count = hub.count
            isExact = hub.isExact
            followed = hub.followed
        }
    }
}

extension MissingEnd.Relation {
    fileprivate var word: String {
        switch self {
        case .parent: "parent"
        case .creation: "creation"
        case .previousAttempt: "previous_attempt"
        case .other: "other"
        }
    }
}

extension MissingEnd.Cause {
    fileprivate var word: String {
        switch self {
        case .notSampled: "not_sampled"
        case .lost: "lost"
        case .expired: "expired"
        case .notArrived: "not_arrived"
        case .unexplained: "unexplained"
        }
    }
}
