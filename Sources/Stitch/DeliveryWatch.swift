// SPDX-License-Identifier: Apache-2.0

import StitchOTLP
import Synchronization
import TelemetryData

/// Watches the deliveries to one place, and tells what the record of them has to tell.
final class DeliveryWatch: Sendable {
    private let record: Mutex<DeliveryRecord>

    private let tell: @Sendable (String) -> Void

    init(_ subject: DeliveryRecord.Subject, tell: @escaping @Sendable (String) -> Void) {
        record = Mutex(DeliveryRecord(subject))
        self.tell = tell
    }

    /// Why the last delivery failed; `nil` while all is well.
    var reason: String? { record.withLock { $0.reason } }

    /// What has not been delivered and not been told in full.
    var missing: DeliveryRecord.Missing? { record.withLock { $0.missing } }

    /// From now on failures are not told one by one.
    func end() { record.withLock { $0.end() } }

    /// Watches a delivery of so many spans.
    func watch(_ count: Int = 0, _ deliver: () throws -> Void) throws {
        do {
            try deliver()
        } catch {
            note { record in
                if let partial = error as? PartialExport, partial.lostSpanCount < count {
                    return record.delivered(without: partial.lostSpanCount, partial.message)
                }
                let isUnreachable = (error as? OTLPError)?.isRetryable == true
                return record.failed(lost: count, "\(error)", isUnreachable: isUnreachable)
            }
            throw error
        }
        note { $0.delivered() }
    }

    private func note(_ change: (inout DeliveryRecord) -> String?) {
        // Not under the lock: whoever is told may take as long as he likes.
        if let message = record.withLock({ change(&$0) }) { tell(message) }
    }
}

/// Delivers spans by another exporter, and has that watched.
struct WatchedSpanExporter: SpanExporter {
    let exporter: any SpanExporter
    let watch: DeliveryWatch

    func export(_ batch: SpanBatch) throws {
        try watch.watch(batch.count) { try exporter.export(batch) }
    }

    func shutdown() { exporter.shutdown() }
}

/// Delivers metrics by another exporter, and has that watched; nobody else hears of a failure.
struct WatchedMetricExporter: MetricExporter {
    let exporter: any MetricExporter
    let watch: DeliveryWatch

    func export(_ metrics: [MetricData]) {
        // The watch has told what there is to tell.
        try? watch.watch { try exporter.export(metrics) }
    }

    func shutdown() { exporter.shutdown() }
}
