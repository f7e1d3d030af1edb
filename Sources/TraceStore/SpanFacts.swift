// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow

/// What a store looks for in a span, read from its OTLP bytes without making values of the rest.
///
/// One is used for span after span, so that its memory is.
struct SpanFacts {
    /// What a link leads to.
    struct Link {
        var traceID: TraceID
        var spanID: SpanID
        /// Whether the link leads to a cause, so that both ends are of one flow.
        var joins: Bool
    }

    private(set) var traceID = TraceID.invalid
    private(set) var spanID = SpanID.invalid
    private(set) var parent = SpanID.invalid
    private(set) var name = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var start: UInt64 = 0
    private(set) var end: UInt64 = 0
    private(set) var hasError = false
    /// As ``TelemetryData/SpanData/wait`` has it, in nanoseconds.
    private(set) var wait: Int64 = 0
    /// Whether it settles a message as dead.
    private(set) var isDeadLetter = false
    /// Whether it is an attempt after the first.
    private(set) var isRetry = false
    private(set) var links: [Link] = []
    /// Hashes of its attributes, of each key and of each key with its value.
    private(set) var attributes: [UInt32] = []

    private var waits = Attributes()
    private var operation = OperationType.other

    private enum OperationType { case other, process, idle }

    /// How long it took, in nanoseconds.
    var duration: Int64 { Int64(truncatingIfNeeded: end &- start) }

    init() {}

    /// Reads the fields of OTLP's `Span`.
    ///
    /// - Throws: ``ProtobufError`` when the bytes are no such message.
    mutating func read(_ bytes: UnsafeRawBufferPointer) throws(ProtobufError) {
        clear()
        var attempt: Int64 = 1
        var reader = ProtobufReader(own: bytes)
        while let field = try reader.next() {
            switch (field.number, field.type) {
            case (1, .lengthDelimited): traceID = Self.traceID(field.bytes)
            case (2, .lengthDelimited): spanID = Self.spanID(field.bytes)
            case (4, .lengthDelimited): parent = Self.spanID(field.bytes)
            case (5, .lengthDelimited): name = field.bytes
            case (7, .fixed64): start = field.bits
            case (8, .fixed64): end = field.bits
            case (9, .lengthDelimited): try readAttribute(reader.message(field), &attempt)
            case (13, .lengthDelimited): try readLink(reader.message(field))
            case (15, .lengthDelimited): try readStatus(reader.message(field))
            default: break
            }
        }
        if end == 0 { end = start }
        finish(attempt)
    }

    private mutating func clear() {
        (traceID, spanID, parent) = (.invalid, .invalid, .invalid)
        name = UnsafeRawBufferPointer(start: nil, count: 0)
        (start, end, wait) = (0, 0, 0)
        (hasError, isDeadLetter, isRetry) = (false, false, false)
        links.removeAll(keepingCapacity: true)
        attributes.removeAll(keepingCapacity: true)
        if !waits.isEmpty { waits = Attributes() }
        operation = .other
    }

    private mutating func finish(_ attempt: Int64) {
        isRetry = operation == .process && attempt > 1
        if operation == .idle { for index in links.indices { links[index].joins = false } }
        guard !waits.isEmpty else { return }
        // The one place that knows how waits add up takes a span.
        let time = Timestamp(nanoseconds: start)
        let span = SpanData(context: .invalid, name: "", start: time, end: time, attributes: waits)
        wait = span.wait.nanoseconds
    }

    private mutating func readAttribute(_ message: ProtobufReader, _ attempt: inout Int64) throws(ProtobufError) {
        var reader = message
        var key = UnsafeRawBufferPointer(start: nil, count: 0)
        while let field = try reader.next() {
            switch (field.number, field.type) {
            case (1, .lengthDelimited): key = field.bytes
            case (2, .lengthDelimited):
                let keyHash = AttributeHash(key)
                attributes.append(keyHash.value)
                attributes.append(try AttributeHash.hash(after: keyHash, with: reader.message(field)))
                // Few keys matter for more than a search.
                if let known = KnownKey(keyHash.value, key) { try note(known, key, reader.message(field), &attempt) }
            default: break
            }
        }
    }

    private mutating func note(
        _ known: KnownKey,
        _ key: UnsafeRawBufferPointer,
        _ message: ProtobufReader,
        _ attempt: inout Int64
    ) throws(ProtobufError) {
        var reader = message
        guard let field = try reader.next() else { return }
        switch (known, field.number) {
        case (.wait, 4): waits[String(decoding: key, as: UTF8.self)] = .double(field.double)
        case (.operation, 1):
            operation =
                field.bytes.isText("process")
                ? .process : field.bytes.isText("receive") || field.bytes.isText("settle") ? .idle : .other
        case (.attempt, 3): attempt = Int64(bitPattern: field.bits)
        case (.settleReason, 1): isDeadLetter = field.bytes.isText("dead")
        default: break
        }
    }

    private mutating func readLink(_ message: ProtobufReader) throws(ProtobufError) {
        var reader = message
        var link = Link(traceID: .invalid, spanID: .invalid, joins: true)
        while let field = try reader.next() {
            switch (field.number, field.type) {
            case (1, .lengthDelimited): link.traceID = Self.traceID(field.bytes)
            case (2, .lengthDelimited): link.spanID = Self.spanID(field.bytes)
            case (4, .lengthDelimited): if try Self.isAmbient(reader.message(field)) { link.joins = false }
            default: break
            }
        }
        guard link.traceID.isValid, link.spanID.isValid else { return }
        links.append(link)
    }

    private static func isAmbient(_ message: ProtobufReader) throws(ProtobufError) -> Bool {
        var reader = message
        var isRole = false
        while let field = try reader.next() {
            switch (field.number, field.type) {
            case (1, .lengthDelimited): isRole = field.bytes.isText(MessagingConventions.Attribute.linkRole)
            case (2, .lengthDelimited) where isRole:
                var value = try reader.message(field)
                guard let text = try value.next(), text.number == 1 else { return false }
                return text.bytes.isText(MessagingConventions.LinkRole.ambient.rawValue)
            default: break
            }
        }
        return false
    }

    private mutating func readStatus(_ message: ProtobufReader) throws(ProtobufError) {
        var reader = message
        while let field = try reader.next() {
            if field.number == 3, field.type == .varint { hasError = field.bits == 2 }
        }
    }

    private static func traceID(_ bytes: UnsafeRawBufferPointer) -> TraceID {
        guard bytes.count == 16 else { return .invalid }
        return TraceID(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        )
    }

    private static func spanID(_ bytes: UnsafeRawBufferPointer) -> SpanID {
        guard bytes.count == 8 else { return .invalid }
        return SpanID(bits: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)))
    }
}

/// Keys of attributes that say more than a search asks.
private enum KnownKey {
    case wait, operation, attempt, settleReason

    private static let hashes: [(hash: UInt32, key: String, known: KnownKey)] = {
        typealias Key = MessagingConventions.Attribute
        let keys: [(String, KnownKey)] = [
            (Key.wait, .wait), (Key.waitScheduled, .wait), (Key.waitReady, .wait), (Key.waitBackoff, .wait),
            (Key.operationType, .operation), (Key.jobAttempt, .attempt), (Key.settleReason, .settleReason),
        ]
        return keys.map { (AttributeHash($0.0).value, $0.0, $0.1) }
    }()

    init?(_ hash: UInt32, _ key: UnsafeRawBufferPointer) {
        for item in Self.hashes where item.hash == hash && key.isText(item.key) {
            self = item.known
            return
        }
        return nil
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are those of a text.
    fileprivate func isText(_ text: String) -> Bool {
        guard count == text.utf8.count else { return false }
        return text.utf8.withContiguousStorageIfAvailable { text in
            for place in 0..<count where self[place] != text[place] { return false }
            return true
        } ?? elementsEqual(text.utf8)
    }
}
