// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext

extension OTLPTraces {
    /// Spans, grouped by what produced them and by library, in order.
    init(_ spans: [SpanData]) {
        var groups: [(resource: TelemetryData.Resource, scope: InstrumentationScope, spans: [Span])] = []
        for span in spans {
            let encoded = Span(span)
            if let index = groups.firstIndex(where: { $0.resource == span.resource && $0.scope == span.scope }) {
                groups[index].spans.append(encoded)
            } else {
                groups.append((span.resource, span.scope, [encoded]))
            }
        }
        resourceSpans = groups.map { group in
            let scope = Scope(name: group.scope.name, version: group.scope.version.nonEmpty)
            return ResourceSpans(
                resource: Resource(attributes: group.resource.attributes.keyValues),
                scopeSpans: [ScopeSpans(scope: scope, spans: group.spans, schemaUrl: group.scope.schemaURL.nonEmpty)]
            )
        }
    }

    /// The spans.
    ///
    /// One with an invalid id is left out.
    var spans: [SpanData] {
        (resourceSpans ?? []).flatMap { group in
            let resource = TelemetryData.Resource(attributes: Attributes(group.resource?.attributes))
            return (group.scopeSpans ?? []).flatMap { scoped in
                let scope = InstrumentationScope(
                    name: scoped.scope?.name ?? "",
                    version: scoped.scope?.version ?? "",
                    schemaURL: scoped.schemaUrl ?? ""
                )
                return (scoped.spans ?? []).compactMap { SpanData($0, resource: resource, scope: scope) }
            }
        }
    }
}

extension OTLPTraces.Span {
    init(_ span: SpanData) {
        traceId = span.traceID.description
        spanId = span.spanID.description
        traceState = span.context.state.description.nonEmpty
        parentSpanId = span.parentSpanID?.description
        flags = UInt32(span.context.flags.rawValue)
        name = span.name
        kind = span.kind.rawValue
        startTimeUnixNano = OTLPNumber(span.start)
        endTimeUnixNano = OTLPNumber(span.end)
        attributes = span.attributes.keyValues
        events = span.events.isEmpty ? nil : span.events.map(OTLPTraces.Event.init)
        links = span.links.isEmpty ? nil : span.links.map(OTLPTraces.Link.init)
        droppedLinksCount = span.droppedLinkCount == 0 ? nil : span.droppedLinkCount
        switch span.status {
        case .unset: status = nil
        case .ok: status = OTLPTraces.Status(code: 1)
        case .error(let message): status = OTLPTraces.Status(code: 2, message: message)
        }
    }
}

extension OTLPTraces.Event {
    init(_ event: SpanEvent) {
        self.init(
            timeUnixNano: OTLPNumber(event.time),
            name: event.name,
            attributes: event.attributes.keyValues
        )
    }
}

extension OTLPTraces.Link {
    init(_ link: SpanLink) {
        self.init(
            traceId: link.traceID.description,
            spanId: link.spanID.description,
            traceState: link.context.state.description.nonEmpty,
            attributes: link.attributes.keyValues,
            flags: UInt32(link.context.flags.rawValue)
        )
    }
}

extension SpanData {
    init?(_ span: OTLPTraces.Span, resource: Resource, scope: InstrumentationScope) {
        guard
            let context = SpanContext(
                traceID: span.traceId,
                spanID: span.spanId,
                flags: span.flags,
                state: span.traceState
            )
        else { return nil }
        let start = span.startTimeUnixNano?.timestamp ?? Timestamp(nanoseconds: 0)
        self.init(
            context: context,
            parentSpanID: span.parentSpanId.flatMap { SpanID($0.lowercased()) },
            name: span.name ?? "",
            kind: span.kind.flatMap { SpanKind(rawValue: $0) } ?? .internal,
            start: start,
            end: span.endTimeUnixNano?.timestamp ?? start,
            attributes: Attributes(span.attributes),
            events: (span.events ?? []).map { event in
                SpanEvent(
                    name: event.name ?? "",
                    time: event.timeUnixNano?.timestamp ?? start,
                    attributes: Attributes(event.attributes)
                )
            },
            links: (span.links ?? []).compactMap { link in
                SpanContext(traceID: link.traceId, spanID: link.spanId, flags: link.flags, state: link.traceState)
                    .map { SpanLink($0, attributes: Attributes(link.attributes)) }
            },
            status: SpanStatus(span.status),
            droppedLinkCount: span.droppedLinksCount ?? 0,
            resource: resource,
            scope: scope
        )
    }
}

extension SpanContext {
    fileprivate init?(traceID: String, spanID: String, flags: UInt32?, state: String?) {
        guard let traceID = TraceID(traceID.lowercased()), let spanID = SpanID(spanID.lowercased()) else { return nil }
        self.init(
            traceID: traceID,
            spanID: spanID,
            // The upper bits say whether the parent is remote, which nothing here asks.
            flags: TraceFlags(rawValue: UInt8(truncatingIfNeeded: flags ?? 0)),
            state: state.flatMap { TraceState($0) } ?? TraceState()
        )
    }
}

extension SpanStatus {
    fileprivate init(_ status: OTLPTraces.Status?) {
        switch status?.code {
        case 1: self = .ok
        case 2: self = .error(status?.message ?? "")
        default: self = .unset
        }
    }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
