// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Delivers spans to nobody: contexts travel, nothing is kept.
struct DiscardingSpanExporter: SpanExporter {
    func export(_ batch: SpanBatch) {}
}
