// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The finished spans of a test, to be asked about by what they do and where.
public final class RecordedSpans: SpanProcessor {
    private struct State {
        var spans: [SpanData] = []
        var exportRequests = 0
        var waiting: [(matches: @Sendable (SpanData) -> Bool, continuation: CheckedContinuation<SpanData, Never>)] = []
    }

    private let state = Mutex(State())

    /// Nothing recorded so far.
    public init() {}

    /// Records a finished span.
    public func ended(_ span: SpanData) {
        let matched = state.withLock { state in
            state.spans.append(span)
            let matched = state.waiting.filter { $0.matches(span) }.map(\.continuation)
            state.waiting.removeAll { $0.matches(span) }
            return matched
        }
        for continuation in matched { continuation.resume(returning: span) }
    }

    /// Notes that somebody wants what has ended so far to be exported without waiting for more.
    public func exportSoon() { state.withLock { $0.exportRequests += 1 } }

    /// How often somebody wanted what had ended to be exported without waiting for more, as whoever rescues jobs does.
    public var exportRequests: Int { state.withLock { $0.exportRequests } }

    /// All finished spans, in the order in which they started.
    public var all: [SpanData] {
        state.withLock { $0.spans }.sorted { ($0.start, $0.spanID.bits) < ($1.start, $1.spanID.bits) }
    }

    /// The spans of that name, in the order in which they started.
    public func named(_ name: String) -> [SpanData] { all.filter { $0.name == name } }

    /// The `create` spans of a topic or queue.
    public func create(_ destination: String) -> [SpanData] { named("create \(destination)") }

    /// The `send` spans of a topic or queue.
    public func send(_ destination: String) -> [SpanData] { named("send \(destination)") }

    /// The `poll` spans of a topic.
    ///
    /// One that took records of several topics has no destination: it is `named("poll")`.
    public func poll(_ destination: String) -> [SpanData] { named("poll \(destination)") }

    /// The `process` spans of a topic or queue.
    public func process(_ destination: String) -> [SpanData] { named("process \(destination)") }

    /// The `settle` spans of a topic or queue.
    public func settle(_ destination: String) -> [SpanData] { named("settle \(destination)") }

    /// The `commit` spans of a topic.
    public func commit(_ destination: String) -> [SpanData] { named("commit \(destination)") }

    /// The first finished span that matches; waits for it if there is none yet.
    public func first(where matches: @escaping @Sendable (SpanData) -> Bool) async -> SpanData {
        await withCheckedContinuation { continuation in
            let found = state.withLock { state in
                let found = state.spans.first(where: matches)
                if found == nil { state.waiting.append((matches, continuation)) }
                return found
            }
            if let found { continuation.resume(returning: found) }
        }
    }
}
