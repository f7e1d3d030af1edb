// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow
import TraceStore

extension FlowWindow {
    private typealias Attribute = MessagingConventions.Attribute

    /// What tells of workers that were lost, maybe long after, as a search finds it.
    private static let lostWorkers: [SpanQuery.Attribute] = [
        .init(Attribute.errorType, "worker_lost"), .init(Attribute.settleReason, "rescue"),
    ]
    /// How many spans that tell of lost workers are looked at, of each kind.
    private static let mostLostWorkers = 10_000

    /// What spans of the window have to do with outside of it.
    func surroundings(of spans: [SpanData]) async throws -> LintSurroundings {
        var surroundings = try await LintSurroundings(of: spans, in: store, limit: limit)
        for attribute in Self.lostWorkers where store.searchable.contains(.attribute) {
            let query = SpanQuery(attributes: [attribute])
            surroundings.spans += try await store.search(query, limit: Self.mostLostWorkers, after: nil).spans
        }
        return surroundings
    }
}
