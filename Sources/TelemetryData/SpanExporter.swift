// SPDX-License-Identifier: Apache-2.0

/// Finished spans on their way out.
///
/// What the tracer hands over is encoded already; ``spans`` takes it apart for whoever wants values.
public struct SpanBatch: Sendable {
    private enum Content: Sendable {
        case values([SpanData])
        case encoded(EncodedSpans)
    }

    private let content: Content

    /// How many spans there are.
    public let count: Int

    /// A batch of these spans.
    public init(_ spans: [SpanData]) {
        content = .values(spans)
        count = spans.count
    }

    /// A batch of spans that are encoded.
    package init(_ spans: EncodedSpans) {
        content = .encoded(spans)
        count = spans.count
    }

    /// The spans, in no particular order.
    ///
    /// Made anew each time where they came encoded, so keep them rather than ask twice.
    public var spans: [SpanData] {
        switch content {
        case .values(let spans): spans
        case .encoded(let spans): spans.spans
        }
    }

    /// The spans as they are encoded, where they came so.
    package var encoded: EncodedSpans? {
        if case .encoded(let spans) = content { spans } else { nil }
    }
}

/// Delivers finished spans to whoever keeps them.
///
/// Called on one thread of the tracer's own, one batch at a time, so an exporter may block it; spans that end meanwhile
/// wait in the tracer's bounded queue. Nothing that is done there is traced, so an exporter may send by traced clients.
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
