// SPDX-License-Identifier: Apache-2.0

/// Finished spans on their way out.
public struct SpanBatch: Sendable {
    /// The spans, in the order in which they ended.
    public let spans: [SpanData]

    /// A batch of these spans.
    public init(_ spans: [SpanData]) {
        self.spans = spans
    }
}

/// Delivers finished spans to whoever keeps them.
///
/// Called on one thread of the tracer's own, one batch at a time, so an exporter may block it; spans that end meanwhile
/// wait in the tracer's bounded queue.
public protocol SpanExporter: Sendable {
    /// Delivers a batch, retries included.
    ///
    /// - Throws: Why the batch is lost; ``PartialExport`` if it is only in part. The tracer counts lost spans as failed.
    func export(_ batch: SpanBatch) throws

    /// Delivers what the exporter still holds; nothing is exported after that.
    ///
    /// May be called from another thread while a batch is being exported, when there is no more time for that: the export
    /// should then end soon and throw.
    func shutdown()
}

extension SpanExporter {
    /// Nothing is held.
    public func shutdown() {}
}
