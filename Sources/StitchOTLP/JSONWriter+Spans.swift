// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext

extension JSONWriter {
    /// Writes `ExportTraceServiceRequest`.
    mutating func write(_ groups: SpanGroups, of spans: UnsafeBufferPointer<SpanData>) {
        object { json in
            json.key("\"resourceSpans\":")
            json.array { json in
                for group in groups.resources { json.write(group, of: spans) }
            }
        }
    }

    private mutating func write(_ group: SpanGroups.ResourceGroup, of spans: UnsafeBufferPointer<SpanData>) {
        let resource = spans[group.first].resource
        object { json in
            json.key("\"resource\":")
            json.object { json in
                json.write(resource.attributes)
                json.write(count: resource.droppedAttributeCount, "\"droppedAttributesCount\":")
            }
            json.key("\"scopeSpans\":")
            json.array { json in
                for scoped in group.scopes { json.write(scoped, of: spans) }
            }
            json.write(nonEmpty: resource.schemaURL, "\"schemaUrl\":")
        }
    }

    private mutating func write(_ group: SpanGroups.ScopeGroup, of spans: UnsafeBufferPointer<SpanData>) {
        let scope = spans[group.first].scope
        object { json in
            json.key("\"scope\":")
            json.object { json in
                json.write(nonEmpty: scope.name, "\"name\":")
                json.write(nonEmpty: scope.version, "\"version\":")
                json.write(scope.attributes)
                json.write(count: scope.droppedAttributeCount, "\"droppedAttributesCount\":")
            }
            json.key("\"spans\":")
            json.array { json in
                for run in group.runs {
                    for index in run { json.write(spans[index]) }
                }
            }
            json.write(nonEmpty: scope.schemaURL, "\"schemaUrl\":")
        }
    }

    private mutating func write(_ span: borrowing SpanData) {
        // The closure of an object can't take what is borrowed.
        beginObject()
        write(span.context.traceID, span.context.spanID, span.context.state)
        if let parent = span.parentSpanID {
            key("\"parentSpanId\":")
            hexadecimal(parent.bits)
        }
        write(SpanFlags(span.context.flags, isRemote: span.parentIsRemote))
        write(nonEmpty: span.name, "\"name\":")
        key("\"kind\":")
        number(UInt64(truncatingIfNeeded: span.kind.rawValue))
        write(span.start, "\"startTimeUnixNano\":")
        write(span.end, "\"endTimeUnixNano\":")
        write(span.attributes)
        write(count: span.droppedAttributeCount, "\"droppedAttributesCount\":")
        write(span.events)
        write(count: span.droppedEventCount, "\"droppedEventsCount\":")
        write(span.links)
        write(count: span.droppedLinkCount, "\"droppedLinksCount\":")
        write(span.status)
        endObject()
    }

    private mutating func write(_ events: [SpanEvent]) {
        guard !events.isEmpty else { return }
        key("\"events\":")
        array { json in
            for event in events {
                json.object { json in
                    json.write(event.time, "\"timeUnixNano\":")
                    json.write(nonEmpty: event.name, "\"name\":")
                    json.write(event.attributes)
                    json.write(count: event.droppedAttributeCount, "\"droppedAttributesCount\":")
                }
            }
        }
    }

    private mutating func write(_ links: [SpanLink]) {
        guard !links.isEmpty else { return }
        key("\"links\":")
        array { json in
            for link in links {
                json.object { json in
                    json.write(link.context.traceID, link.context.spanID, link.context.state)
                    json.write(link.attributes)
                    json.write(count: link.droppedAttributeCount, "\"droppedAttributesCount\":")
                    json.write(SpanFlags(link.context.flags, isRemote: link.context.isRemote))
                }
            }
        }
    }

    private mutating func write(_ status: SpanStatus) {
        switch status {
        case .unset: break
        case .ok:
            key("\"status\":")
            object { json in
                json.key("\"code\":")
                json.number(UInt64(1))
            }
        case .error(let message):
            key("\"status\":")
            object { json in
                json.write(nonEmpty: message, "\"message\":")
                json.key("\"code\":")
                json.number(UInt64(2))
            }
        }
    }

    private mutating func write(_ traceID: TraceID, _ spanID: SpanID, _ state: TraceState) {
        key("\"traceId\":")
        hexadecimal(traceID.high, traceID.low)
        key("\"spanId\":")
        hexadecimal(spanID.bits)
        write(nonEmpty: state.description, "\"traceState\":")
    }

    private mutating func write(_ flags: SpanFlags) {
        guard flags.bits != 0 else { return }
        key("\"flags\":")
        number(UInt64(flags.bits))
    }

    private mutating func write(_ time: Timestamp, _ name: StaticString) {
        key(name)
        quoted(time.nanoseconds)
    }
}

extension JSONWriter {
    /// Writes attributes as the field `attributes`, unless there are none.
    mutating func write(_ attributes: Attributes) {
        guard !attributes.isEmpty else { return }
        key("\"attributes\":")
        writeList(attributes)
    }

    /// Writes attributes as an array.
    mutating func writeList(_ attributes: Attributes) {
        array { json in
            for element in attributes.elements {
                json.object { json in
                    json.key("\"key\":")
                    json.string(element.key)
                    json.key("\"value\":")
                    json.write(element.value)
                }
            }
        }
    }

    /// Writes an `AnyValue`.
    private mutating func write(_ value: AttributeValue) {
        object { json in
            switch value {
            case .string(let text):
                json.key("\"stringValue\":")
                json.string(text)
            case .bool(let truth):
                json.key("\"boolValue\":")
                json.truth(truth)
            case .int(let number):
                json.key("\"intValue\":")
                json.quoted(number)
            case .double(let number):
                json.key("\"doubleValue\":")
                json.number(number)
            case .bytes(let bytes):
                json.key("\"bytesValue\":")
                json.base64(bytes)
            case .array(let values):
                json.key("\"arrayValue\":")
                json.write(values)
            case .map(let values):
                json.key("\"kvlistValue\":")
                json.object { json in
                    json.key("\"values\":")
                    json.writeList(values)
                }
            case .null: break
            }
        }
    }

    private mutating func write(_ values: [AttributeValue]) {
        object { json in
            json.key("\"values\":")
            json.array { json in
                for value in values { json.write(value) }
            }
        }
    }

    /// Writes a number that was counted, unless it is none.
    mutating func write(count: Int, _ name: StaticString) {
        guard count > 0 else { return }
        key(name)
        number(UInt64(UInt32(clamping: count)))
    }

    /// Writes a text, unless it is empty.
    mutating func write(nonEmpty text: String, _ name: StaticString) {
        guard !text.isEmpty else { return }
        key(name)
        string(text)
    }
}
