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
    /// Whether it settles a message as dead, or moves one to where dead ones are.
    private(set) var isDeadLetter = false
    /// Whether it is an attempt after the first, at its message or at one of several.
    private(set) var isRetry = false
    private(set) var links: [Link] = []
    /// Hashes of its attributes, of each key and of each key with its value.
    private(set) var attributes: [UInt32] = []

    private var measured = MeasuredWait()
    /// What the links say, of those that do.
    private var linkWaits: [MeasuredWait] = []
    private var operation = OperationType.other

    private enum OperationType { case other, process, idle }

    /// How long it took, in nanoseconds.
    var duration: Int64 { Int64(truncatingIfNeeded: end &- start) }

    init() {}

    /// What the bytes have in common with those of other spans, if that is asked for.
    private(set) var outline = SpanOutline()

    /// Reads the fields of OTLP's `Span`, each byte once.
    ///
    /// - Parameters:
    ///   - bytes: The message.
    ///   - isOutlined: Whether ``outline`` is made too.
    /// - Throws: ``DamagedBytes`` when the bytes are no such message.
    mutating func read(_ bytes: UnsafeRawBufferPointer, isOutlined: Bool = false) throws(DamagedBytes) {
        clear()
        guard var reader = FieldReader(bytes) else { return }
        outline.begin(bytes, isWanted: isOutlined)
        var attempt: Int64 = 1
        while !reader.isAtEnd {
            let start = reader.cursor
            let tag = try reader.tag()
            switch tag {
            case 0x0a:
                let id = try reader.delimited()
                traceID = Self.traceID(id)
                outline.addFixed(.traceID, start, reader.cursor, size: 18, isKnown: id.count == 16)
            case 0x12:
                let id = try reader.delimited()
                spanID = Self.spanID(id)
                outline.addFixed(.spanID, start, reader.cursor, size: 10, isKnown: id.count == 8)
            case 0x22:
                let id = try reader.delimited()
                parent = Self.spanID(id)
                outline.addFixed(.parentID, start, reader.cursor, size: 10, isKnown: id.count == 8)
            case 0x2a:
                name = try reader.delimited()
                outline.addLiteral(start, reader.cursor, limit: 200)
            case 0x39:
                self.start = try reader.fixed64()
                outline.addFixed(.start, start, reader.cursor, size: 9, isKnown: true)
            case 0x41:
                end = try reader.fixed64()
                outline.addFixed(.end, start, reader.cursor, size: 9, isKnown: end != 0)
            case 0x4a: try readAttribute(start, reader.delimited(), end: &reader, &attempt)
            case 0x6a:
                let message = try reader.delimited()
                try readLink(message, &attempt)
                outline.addLink(message, start, reader.cursor)
            case 0x7a:
                try readStatus(reader.delimited())
                outline.addLiteral(start, reader.cursor, limit: 80)
            default:
                try reader.skip(tag)
                // The kind (6) and the flags (16) are few.
                if tag == 0x30 || tag == 0x85 {
                    outline.addLiteral(start, reader.cursor, limit: 16)
                } else {
                    outline.addRest(start, reader.cursor)
                }
            }
        }
        if end == 0 { end = self.start }
        finish(attempt)
        outline.finish()
    }

    /// Makes the outline one piece, as if nothing were known of the bytes.
    mutating func simplifyOutline() { outline.makeOne() }

    private mutating func clear() {
        (traceID, spanID, parent) = (.invalid, .invalid, .invalid)
        name = UnsafeRawBufferPointer(start: nil, count: 0)
        (start, end, wait) = (0, 0, 0)
        (hasError, isDeadLetter, isRetry) = (false, false, false)
        links.removeAll(keepingCapacity: true)
        attributes.removeAll(keepingCapacity: true)
        measured = MeasuredWait()
        linkWaits.removeAll(keepingCapacity: true)
        operation = .other
    }

    private mutating func finish(_ attempt: Int64) {
        isRetry = operation == .process && attempt > 1
        if operation == .idle { for index in links.indices { links[index].joins = false } }
        // As `SpanData.wait` has it.
        let start = Timestamp(nanoseconds: start)
        let longest = linkWaits.reduce(measured.duration(until: start)) { max($0, $1.duration(until: start)) }
        wait = longest.nanoseconds
    }

    @inline(__always)
    private mutating func readAttribute(
        _ start: UnsafeRawPointer,
        _ message: UnsafeRawBufferPointer,
        end reader: inout FieldReader,
        _ attempt: inout Int64
    ) throws(DamagedBytes) {
        guard let attribute = PlainAttribute(message) else {
            outline.addRest(start, reader.cursor)
            return try readOther(message, &attempt)
        }
        let key = AttributeHash(attribute.key)
        outline.addAttribute(attribute, start, reader.cursor)
        attributes.append(key.value)
        switch attribute.type {
        case .string: attributes.append(key.with(attribute.value))
        case .bool, .int:
            guard var number = FieldReader(attribute.value) else { return }
            let bits = try number.varint()
            attributes.append(attribute.type == .int ? key.with(Int64(bitPattern: bits)) : key.with(bits != 0))
        case .double: attributes.append(key.with(attribute.double))
        }
        // Few keys matter for more than a search.
        if let known = KnownKey(key.value, attribute.key) { note(known, attribute, &attempt) }
    }

    private mutating func note(_ known: KnownKey, _ attribute: PlainAttribute, _ attempt: inout Int64) {
        let (type, value) = (attribute.type, attribute.value)
        switch (known, type) {
        case (.wait(let part), .double): measured.set(part, seconds: attribute.double)
        case (.operation, .string):
            operation =
                value.isText("process") ? .process : value.isText("receive") || value.isText("settle") ? .idle : .other
        case (.attempt, .int): attempt = max(attempt, attribute.int)
        case (.settleReason, .string): if value.isText("dead") { isDeadLetter = true }
        case (.moveReason, .string):
            if value.isText("exhausted") || value.isText("refused") { isDeadLetter = true }
        default: break
        }
    }

    /// Reads an attribute that is not plain, or not as our own writer makes it.
    @inline(never)
    private mutating func readOther(
        _ message: UnsafeRawBufferPointer,
        _ attempt: inout Int64
    ) throws(DamagedBytes) {
        guard var reader = FieldReader(message) else { return }
        var key = UnsafeRawBufferPointer(start: nil, count: 0)
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 0x0a: key = try reader.delimited()
            case 0x12:
                let value = try reader.delimited()
                let hash = AttributeHash(key)
                attributes.append(hash.value)
                attributes.append(hash.with(value: value))
                if let known = KnownKey(hash.value, key),
                    let attribute = try PlainAttribute(key, anyValue: value)
                {
                    note(known, attribute, &attempt)
                }
            default: try reader.skip(tag)
            }
        }
    }

    private mutating func readLink(
        _ message: UnsafeRawBufferPointer,
        _ attempt: inout Int64
    ) throws(DamagedBytes) {
        guard var reader = FieldReader(message) else { return }
        var link = Link(traceID: .invalid, spanID: .invalid, joins: true)
        var waits: MeasuredWait?
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 0x0a: link.traceID = Self.traceID(try reader.delimited())
            case 0x12: link.spanID = Self.spanID(try reader.delimited())
            case 0x22:
                guard let attribute = try PlainAttribute.reading(reader.delimited()),
                    let known = KnownKey(AttributeHash(attribute.key).value, attribute.key)
                else { continue }
                switch (known, attribute.type) {
                case (.linkRole, .string):
                    if attribute.value.isText(MessagingConventions.LinkRole.ambient.rawValue) { link.joins = false }
                case (.wait(let part), .double):
                    waits = waits ?? MeasuredWait()
                    waits?.set(part, seconds: attribute.double)
                case (.attempt, .int): attempt = max(attempt, attribute.int)
                default: break
                }
            default: try reader.skip(tag)
            }
        }
        guard link.traceID.isValid, link.spanID.isValid else { return }
        links.append(link)
        if let waits { linkWaits.append(waits) }
    }

    private mutating func readStatus(_ message: UnsafeRawBufferPointer) throws(DamagedBytes) {
        guard var reader = FieldReader(message) else { return }
        while !reader.isAtEnd {
            let tag = try reader.tag()
            if tag == 0x18 { hasError = try reader.varint() == 2 } else { try reader.skip(tag) }
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
    case wait(MeasuredWait.Part)
    case operation, attempt, settleReason, moveReason, linkRole

    private static let hashes: [(hash: UInt32, key: String, known: KnownKey)] = {
        typealias Key = MessagingConventions.Attribute
        let keys: [(String, KnownKey)] = [
            (Key.wait, .wait(.total)), (Key.waitScheduled, .wait(.scheduled)), (Key.waitReady, .wait(.ready)),
            (Key.waitBackoff, .wait(.backoff)), (Key.operationType, .operation), (Key.jobAttempt, .attempt),
            (Key.messageAttempt, .attempt), (Key.settleReason, .settleReason), (Key.moveReason, .moveReason),
            (Key.linkRole, .linkRole),
        ]
        return keys.map { (AttributeHash($0.0).value, $0.0, $0.1) }
    }()

    /// A bit for each of the hashes.
    private static let bits = hashes.reduce(into: UInt64(0)) { $0 |= 1 << UInt64($1.hash & 63) }

    @inline(__always)
    init?(_ hash: UInt32, _ key: UnsafeRawBufferPointer) {
        guard Self.bits >> UInt64(hash & 63) & 1 != 0, let known = Self.find(hash, key) else { return nil }
        self = known
    }

    @inline(never)
    private static func find(_ hash: UInt32, _ key: UnsafeRawBufferPointer) -> KnownKey? {
        for item in hashes where item.hash == hash && key.isText(item.key) { return item.known }
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
