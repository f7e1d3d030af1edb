// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

/// Hands every batch to several exporters, one after the other.
///
/// One that fails keeps no other from getting the batch; one that takes its time delays those after it. Spans count as
/// lost when at least one exporter has lost them.
public struct MultiSpanExporter: SpanExporter {
    private let exporters: [any SpanExporter]

    /// Exporters, in the order in which they get each batch.
    public init(_ exporters: [any SpanExporter]) {
        self.exporters = exporters
    }

    /// Hands a batch to all.
    ///
    /// - Parameter batch: The spans.
    /// - Throws: The failure if there was one; of several ``OTLPError/Code/undelivered`` with the messages of all.
    public func export(_ batch: SpanBatch) throws {
        var failures: [any Error] = []
        for exporter in exporters {
            do { try exporter.export(batch) } catch { failures.append(error) }
        }
        guard let first = failures.first else { return }
        if failures.count == 1 { throw first }
        let message =
            "\(failures.count) of \(exporters.count) exporters could not deliver: "
            + failures.map { "\($0)" }.joined(separator: "; ")
        // What each lost may be other spans: between the most that one lost and all of theirs together.
        let lost = failures.reduce(0) {
            $0 + min(($1 as? PartialExport)?.lostSpanCount ?? batch.count, batch.count)
        }
        if lost < batch.count { throw PartialExport(lostSpanCount: lost, message: message) }
        throw OTLPError(.undelivered, message, cause: first)
    }

    /// Shuts all down.
    public func shutdown() {
        for exporter in exporters { exporter.shutdown() }
    }
}
