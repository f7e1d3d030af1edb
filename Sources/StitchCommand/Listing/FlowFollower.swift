// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow
import TraceStore

/// Hands out the flows that are new in a store, or have grown, as their spans come.
struct FlowFollower {
    /// Flows that were handed out.
    struct Seen {
        /// How many spans each had, by its origin.
        private var sizes: [SpanReference: Int] = [:]
        /// When the newest began.
        private(set) var newest: Timestamp?

        /// Returns whether it is new or has grown.
        @discardableResult
        mutating func insert(_ flow: Flow) -> Bool {
            newest = max(newest ?? flow.origin.start, flow.origin.start)
            let size = sizes.updateValue(flow.spans.count, forKey: flow.origin.reference) ?? 0
            return flow.spans.count > size
        }

        /// Forgets all but some: one that comes again then has grown.
        mutating func keep(_ origins: Set<SpanReference>) { sizes = sizes.filter { origins.contains($0.key) } }
    }

    let store: any SpanStore
    let request: FlowRequest
    var seen: Seen
    /// When it was made.
    private let began = Timestamp.now

    /// How much later than newer ones a span may arrive.
    private static let lateness = Duration.seconds(300)
    /// Spans come in bursts; one look is for all of one.
    private static let calm = Duration.milliseconds(300)

    init(store: any SpanStore, request: FlowRequest, seen: Seen) {
        self.store = store
        self.request = request
        self.seen = seen
    }

    /// Runs until it is cancelled, or `body` throws.
    func run(_ body: (Flow) throws -> Void) async throws {
        guard let store = store as? FileSpanStore else {
            throw CommandError.usage("--follow needs --store; a file is read once")
        }
        let watch = try DirectoryWatch(store.directory)
        var seen = seen
        let known = seen.newest.map { min($0, began) }
        // What is there already, beyond what was asked to be listed, is no news unless it came meanwhile.
        for flow in try await look(store, &seen) {
            if let known, !flow.spans.contains(where: { $0.start > known }) { continue }
            try body(flow)
        }
        for await _ in watch.changes {
            try await Task.sleep(for: Self.calm)
            for flow in try await look(store, &seen) { try body(flow) }
        }
    }

    /// The flows that have spans of lately and are new or have grown, the oldest first.
    private func look(_ store: FileSpanStore, _ seen: inout Seen) async throws -> [Flow] {
        // An origin whose clock is ahead must not hide those of the present.
        let since = seen.newest.map { min($0, .now).advanced(by: .zero - Self.lateness) }
        let from = [request.from, since].compactMap { $0 }.max()
        var fresh: [Flow] = []
        var listed: Set<SpanReference> = []
        var listing = FlowListing(store, filter: request.filter, from: from, to: request.to, at: .everySpan)
        try await listing.forEach { found in
            listed.insert(found.flow.origin.reference)
            if seen.insert(found.flow) { fresh.append(found.flow) }
            return true
        }
        seen.keep(listed)
        return fresh.reversed()
    }
}
