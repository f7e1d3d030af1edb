// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI

/// What all spans of a tracer share.
final class TracerCore: Sendable {
    let resource: Resource
    let scope: InstrumentationScope
    let sampler: any Sampler
    let limits: SpanLimits
    let propagator: any Propagator
    let fields: Set<String>
    let clock = SpanClock()
    let starts = SpanStarts()
    private let ids: any IDGenerator
    private let processor: any SpanProcessor
    private let notice: DropNotice

    // What is nearly always so is known by its type, and asked no questions at each span.
    let followsParents: Bool
    let readsAttributes: Bool
    private let hasRandomIDs: Bool
    let usesPlainContext: Bool
    private let buildLimits: SpanBuilder.Limits

    /// How many attributes a span of messaging may have prepared so that it is within all limits whatever it says beside.
    let spareAttributes: Int

    // Kept alive by the processor; not counted at each span.
    private let queueReference: Unmanaged<SpanQueue>?
    let source: SpanSource

    init(
        resource: Resource,
        scope: InstrumentationScope,
        sampler: any Sampler,
        limits: SpanLimits,
        propagator: any Propagator,
        ids: any IDGenerator,
        processor: any SpanProcessor,
        notice: DropNotice
    ) {
        self.resource = resource
        self.scope = scope
        self.sampler = sampler
        self.limits = limits
        self.propagator = propagator
        fields = ContextCarrier.knownFields.union(propagator.fields)
        self.ids = ids
        self.processor = processor
        self.notice = notice
        followsParents = sampler.followsParents
        readsAttributes = sampler.readsAttributes
        usesPlainContext = fields == ContextCarrier.knownFields && propagator.usesPlainContext
        hasRandomIDs = ids is RandomIDGenerator
        let batches = processor as? BatchSpanProcessor
        queueReference = (batches?.queue).map { .passUnretained($0) }
        source = batches?.source(of: resource, scope) ?? SpanSource(index: 0)
        let hasPlainLimits = limits.attributeValueLength == nil && limits.links > 0 && limits.attributesPerLink > 0
        let mostSaid = MessageDetails.maximumCount + MessageReceipt.maximumCount
        spareAttributes = hasPlainLimits ? limits.attributes - mostSaid : -1
        buildLimits = SpanBuilder.Limits(
            links: limits.links,
            attributes: limits.attributes,
            attributesPerLink: limits.attributesPerLink,
            valueLength: limits.attributeValueLength ?? .max
        )
    }

    /// A new trace's id.
    var traceID: TraceID { hasRandomIDs ? RandomIDGenerator().makeTraceID() : ids.makeTraceID() }

    /// A new span's id.
    var spanID: SpanID { hasRandomIDs ? RandomIDGenerator().makeSpanID() : ids.makeSpanID() }

    /// Whether ids of traces are random.
    var isRandom: Bool { hasRandomIDs || ids.isRandom }

    /// What a span begins with.
    var builder: SpanBuilder { SpanBuilder(buildLimits) }

    /// Takes a span that has just ended.
    func ended(_ span: EndedSpan) {
        if let drops = span.drops { notice.tell(of: drops, in: data(of: span.bytes)?.name ?? "") }
        if let queueReference {
            queueReference._withUnsafeGuaranteedRef { $0.add(span.bytes, of: source) }
        } else if let data = data(of: span.bytes) {
            processor.ended(data)
        }
    }

    /// Has the processor export what has ended so far without waiting for more.
    func exportSoon() { processor.exportSoon() }

    /// Takes a span that has just ended.
    func ended(_ span: borrowing RecordedSpan) { ended(span.ended) }

    /// Writes a span where it will stay; `false`, with nothing done, where it can't be at once.
    @inline(__always)
    func write(upTo byteCount: Int, _ write: (UnsafeMutableRawPointer) -> Int) -> Bool {
        guard let queueReference else { return false }
        return queueReference._withUnsafeGuaranteedRef { $0.add(upTo: byteCount, of: source, write) }
    }

    /// A span by value, for who has no use for bytes.
    private func data(of bytes: UnsafeRawBufferPointer) -> SpanData? {
        var decoder = TelemetryDecoder()
        var spans: [SpanData] = []
        _ = try? decoder.span(ProtobufReader(own: bytes), of: SpanOrigin(resource, scope), into: &spans)
        return spans.popLast()
    }
}

extension Propagator {
    /// Whether it writes and reads what W3C says, by the one way to find out: having it do so.
    fileprivate var usesPlainContext: Bool {
        let span = SpanContext(traceID: TraceID(high: 1, low: 2), spanID: SpanID(bits: 3), flags: .sampled)
        var baggage = Baggage()
        baggage["a"] = "b"
        var (plain, own) = (ContextCarrier(), ContextCarrier())
        CompositePropagator([W3CPropagator(), BaggagePropagator()])
            .inject(PropagationContext(span: span, baggage: baggage), into: &plain)
        inject(PropagationContext(span: span, baggage: baggage), into: &own)
        let read = extract(from: ContextCarrier(span))
        return own == plain && read.span?.traceParent == span.traceParent && read.baggage.isEmpty
    }
}
