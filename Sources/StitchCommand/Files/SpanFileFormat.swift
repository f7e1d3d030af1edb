// SPDX-License-Identifier: Apache-2.0

/// What a file of spans is written in, by how it begins.
enum SpanFileFormat {
    /// A request of JSON a line, of which some may be none.
    case lines
    /// A request of JSON over many lines.
    case document
    case protobuf

    /// How much is looked at: a file of lines may begin with some that are no OTLP.
    private static let reach = 64 << 10

    init(of bytes: [UInt8]) {
        let head = bytes.prefix(Self.reach)
        let lines = head.split(separator: 0x0a).map(\.trimmed)
        if let first = lines.first(where: { !$0.isEmpty }), first.first == UInt8(ascii: "{"), head.contains(0x0a),
            let last = first.last, "{[,:".utf8.contains(last), !head.isProtobuf
        {
            self = .document
        } else {
            let isText = lines.allSatisfy(\.isEmpty) || lines.contains { $0.first == UInt8(ascii: "{") }
            self = isText && !head.isProtobuf ? .lines : .protobuf
        }
    }
}

extension ArraySlice<UInt8> {
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a }

    /// The text without white space at its ends, and without a byte order mark before it.
    var trimmed: ArraySlice<UInt8> {
        let text = starts(with: "\u{FEFF}".utf8) ? dropFirst(3) : self
        guard let first = text.firstIndex(where: { !Self.isSpace($0) }) else { return text[text.endIndex...] }
        let last = text.lastIndex(where: { !Self.isSpace($0) }) ?? first
        return text[first...last]
    }

    /// Whether this is how a request in protobuf begins, or one with its length.
    ///
    /// Lines may seem to begin with `{` in it, as in a text of a span, or where a message has 123 bytes.
    fileprivate var isProtobuf: Bool { isRequest || dropFirst(4).prefix(length).isRequest }

    /// How long a request is that has its length before it.
    private var length: Int { prefix(4).reduce(0) { $0 << 8 | Int($1) } }

    /// Whether this begins with `resource_spans`, and that with one of its fields, which is not longer than it.
    private var isRequest: Bool {
        guard let spans = field([0x0a]), spans.length >= spans.rest.count || spans.rest[spans.end] == 0x0a else {
            return false
        }
        guard spans.length > 0 else { return true }
        guard let field = spans.rest.field([0x0a, 0x12, 0x1a]) else { return false }
        return field.end <= spans.end
    }

    /// The field of which this begins with the tag, one of these.
    private func field(_ tags: Set<UInt8>) -> ProtobufField? {
        guard let tag = first, tags.contains(tag) else { return nil }
        var length = 0
        for (place, byte) in dropFirst().prefix(5).enumerated() {
            length |= Int(byte & 0x7f) << (7 * place)
            if byte < 0x80 { return ProtobufField(length: length, rest: dropFirst(place + 2)) }
        }
        return nil
    }
}

private struct ProtobufField {
    /// How long it says that it is.
    let length: Int
    /// All that stands behind its length.
    let rest: ArraySlice<UInt8>

    var end: Int { rest.startIndex + length }
}
