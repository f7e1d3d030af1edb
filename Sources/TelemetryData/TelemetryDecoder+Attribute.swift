// SPDX-License-Identifier: Apache-2.0

extension TelemetryDecoder {
    /// Reads OTLP's `KeyValue`.
    ///
    /// One without a value has ``AttributeValue/null``.
    ///
    /// - Parameters:
    ///   - message: The message.
    ///   - run: Where it goes.
    /// - Throws: ``ProtobufError`` when the bytes are no such message, or there are too many.
    @inline(__always)
    mutating func attribute(_ message: ProtobufReader, into run: inout AttributeRun) throws(ProtobufError) {
        guard let entry = known.entry(run.next), InternTable.isWhole(entry, message.rest), message.depth > 0 else {
            return try newAttribute(message, into: &run)
        }
        try spend()
        add(entry.pointee.made.element, fingerprint: entry.pointee.made.fingerprint, to: &run)
        run.previous = run.next
        run.next = entry.pointee.made.next
    }

    /// Reads a `KeyValue` that is another than was expected, most often in its value.
    @inline(never)
    private mutating func newAttribute(
        _ message: ProtobufReader,
        into run: inout AttributeRun
    ) throws(ProtobufError) {
        guard let plain = PlainAttribute(message) else { return try anyAttribute(message, into: &run) }
        try spend()
        let value = value(plain)
        if let entry = known.entry(run.next), InternTable.holds(entry, plain.head) {
            InternTable.note(entry, value, of: message.rest)
            let element = Attributes.Element(key: entry.pointee.made.element.key, value: value)
            add(element, fingerprint: entry.pointee.made.fingerprint, to: &run)
            run.previous = run.next
            run.next = entry.pointee.made.next
            return
        }
        let fingerprint = Fingerprint.of(plain.key)
        let place = known.place(plain.head, fingerprint: fingerprint)
        var element = Attributes.Element(key: "", value: value)
        if let place, let entry = known.entry(place) {
            InternTable.note(entry, value, of: message.rest)
            element = Attributes.Element(key: entry.pointee.made.element.key, value: value)
            follow(&run, place)
            run.next = entry.pointee.made.next
        } else {
            element = Attributes.Element(key: key(plain.key, fingerprint: fingerprint), value: value)
            let made = KnownAttribute(element, fingerprint: fingerprint)
            if let place = known.keep(made, of: plain.head, fingerprint: fingerprint), let entry = known.entry(place) {
                InternTable.note(entry, value, of: message.rest)
                follow(&run, place)
                run.next = 0
            }
        }
        add(element, fingerprint: fingerprint, to: &run)
    }

    /// Expects an attribute from now on where it was found.
    private mutating func follow(_ run: inout AttributeRun, _ place: Int) {
        if let previous = known.entry(run.previous) {
            previous.pointee.made.next = place
        } else {
            expected[run.owner] = place
        }
        run.previous = place
    }

    @inline(__always)
    private mutating func value(_ plain: PlainAttribute) -> AttributeValue {
        switch plain.kind {
        case .text: .string(texts.string(plain.text))
        case .truth: .bool(plain.bits != 0)
        case .whole: .int(Int64(bitPattern: plain.bits))
        case .floating: .double(Double(bitPattern: plain.bits))
        }
    }

    private mutating func key(_ bytes: UnsafeRawBufferPointer, fingerprint: UInt64) -> String {
        ConventionNames.name(bytes, fingerprint: fingerprint) ?? names.string(bytes, fingerprint: fingerprint)
    }

    /// Reads a `KeyValue` in whatever form it is.
    @inline(never)
    private mutating func anyAttribute(
        _ message: ProtobufReader,
        into run: inout AttributeRun
    ) throws(ProtobufError) {
        var message = message
        var key = "", fingerprint: UInt64 = 0
        var value = AttributeValue.null
        while let tag = try message.nextTag() {
            switch tag {
            case .delimited(1):
                let bytes = try message.readBytes()
                fingerprint = Fingerprint.of(bytes)
                key = self.key(bytes, fingerprint: fingerprint)
            case .delimited(2): value = try self.value(message.readMessage())
            default: try message.skip(tag)
            }
        }
        try spend()
        add(Attributes.Element(key: key, value: value), fingerprint: fingerprint, to: &run)
    }

    /// Reads OTLP's `AnyValue`; ``AttributeValue/null`` if it says nothing, or something that is not known.
    public mutating func value(_ message: ProtobufReader) throws(ProtobufError) -> AttributeValue {
        var message = message
        var value = AttributeValue.null
        while let tag = try message.nextTag() {
            switch tag {
            case .delimited(1): value = .string(try message.readText())
            case .varint(2): value = .bool(try message.readVarint() != 0)
            case .varint(3): value = .int(Int64(bitPattern: try message.readVarint()))
            case .fixed64(4): value = .double(Double(bitPattern: try message.readFixed64()))
            case .delimited(5): value = .array(try values(message.readMessage()))
            case .delimited(6): value = .map(try map(message.readMessage()))
            case .delimited(7): value = .bytes([UInt8](try message.readBytes()))
            default: try message.skip(tag)
            }
        }
        return value
    }

    private mutating func values(_ message: ProtobufReader) throws(ProtobufError) -> [AttributeValue] {
        var message = message
        var values: [AttributeValue] = []
        while let tag = try message.nextTag() {
            guard tag == .delimited(1) else {
                try message.skip(tag)
                continue
            }
            try spend()
            values.append(try value(message.readMessage()))
        }
        return values
    }

    private mutating func map(_ message: ProtobufReader) throws(ProtobufError) -> Attributes {
        var message = message
        var attributes = beginAttributes()
        while let tag = try message.nextTag() {
            guard tag == .delimited(1) else {
                try message.skip(tag)
                continue
            }
            try anyAttribute(message.readMessage(), into: &attributes)
        }
        return end(attributes)
    }
}

extension ProtobufReader {
    /// Reads a text; what is no UTF-8 in it becomes U+FFFD.
    @inline(__always)
    mutating func readText() throws(ProtobufError) -> String { String(protobuf: try readBytes()) }

    /// Reads a `uint32`.
    @inline(__always)
    mutating func readCount() throws(ProtobufError) -> Int { Int(UInt32(truncatingIfNeeded: try readVarint())) }
}

extension String {
    /// The text of these bytes; what is no UTF-8 in them becomes U+FFFD.
    @inline(__always)
    init(protobuf bytes: UnsafeRawBufferPointer) {
        self.init(decoding: bytes.assumingMemoryBound(to: UInt8.self), as: UTF8.self)
    }
}
