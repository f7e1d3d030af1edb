// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TelemetryData

/// Delivers spans by another exporter, and counts what is lost instead of failing: whoever watches the deliveries has told
/// it, so that it need not be told for each batch.
final class CountedSpanExporter: SpanExporter {
    private struct State {
        var lost = 0
        var isShutDown = false
    }

    private let exporter: any SpanExporter
    private let state = Mutex(State())

    init(_ exporter: any SpanExporter) { self.exporter = exporter }

    /// How many spans could not be delivered.
    var lost: Int { state.withLock { $0.lost } }

    func export(_ batch: SpanBatch) {
        do {
            try exporter.export(batch)
        } catch {
            let count = batch.count
            let lost = min(max((error as? PartialExport)?.lostSpanCount ?? count, 0), count)
            state.withLock { state in
                // A processor that has no more time counts the batch under way itself.
                if !state.isShutDown { state.lost += lost }
            }
        }
    }

    func shutdown() {
        state.withLock { $0.isShutDown = true }
        exporter.shutdown()
    }
}
