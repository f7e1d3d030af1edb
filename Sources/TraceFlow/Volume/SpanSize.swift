// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// How many bytes spans and attributes take as OTLP's protobuf has them.
enum SpanSize {
    static func bytes(of span: SpanData) -> Int {
        var writer = ProtobufWriter()
        writer.write(span: span, field: 2)
        return writer.buffer.count
    }

    /// Of key and value, without what is round them.
    ///
    /// Reckoned rather than written, since most spans have ten of them; a stack rather than recursion, since values may be
    /// nested.
    static func bytes(of attribute: Attributes.Element) -> Int {
        var bytes = attribute.key.utf8.count
        var waiting = [attribute.value]
        while let value = waiting.popLast() {
            switch value {
            case .string(let text): bytes += text.utf8.count
            case .bool: bytes += 1
            case .int, .double: bytes += 8
            case .bytes(let content): bytes += content.count
            case .null: break
            case .array(let values): waiting += values
            case .map(let values):
                for element in values.elements {
                    bytes += element.key.utf8.count
                    waiting.append(element.value)
                }
            }
        }
        return bytes
    }
}
