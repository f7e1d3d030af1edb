// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TelemetryData
import TraceContext
import TraceFlow

/// A source that gives everything in another order each time, and counts what is asked of it.
final class ScrambledSource: FlowSource {
    private let index: SpanIndex
    private let state: Mutex<(chance: Chance, rounds: Int, traces: [TraceID])>

    init(_ spans: [SpanData], seed: UInt64 = 1) {
        index = SpanIndex(spans)
        state = Mutex((Chance(seed), 0, []))
    }

    var rounds: Int { state.withLock { $0.rounds } }

    /// The traces whose spans were asked for.
    var traces: [TraceID] { state.withLock { $0.traces } }

    func spans(of traces: [TraceID]) async throws -> [SpanData] {
        state.withLock { state in
            state.rounds += 1
            state.traces += traces
            return index.spans(of: traces).shuffled(using: &state.chance)
        }
    }

    func backLinks(to traces: [TraceID], limit: Int) async throws -> BackLinks {
        state.withLock { state in
            state.rounds += 1
            let links = index.backLinks(to: traces, limit: limit)
            return BackLinks(links.links.shuffled(using: &state.chance), isTruncated: links.isTruncated)
        }
    }
}
