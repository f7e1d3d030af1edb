// SPDX-License-Identifier: Apache-2.0

extension AttributeWriter {
    /// Sets an attribute of any kind, in the place of the one that has the key, or removes that.
    @usableFromInline
    @inline(never)
    mutating func setAny(_ key: String, _ value: AttributeValue?) {
        var key = key
        key.withUTF8 { setAny(UnsafeRawBufferPointer($0), value) }
    }

    private mutating func setAny(_ key: UnsafeRawBufferPointer, _ value: AttributeValue?) {
        let set = attributeSet(key)
        let place = sets & set == 0 ? nil : place(of: key)
        guard let value else {
            if let place { remove(place) }
            return
        }
        guard place != nil || kept < limit else {
            dropped &+= 1
            return
        }
        var attribute = ProtobufWriter(capacity: 0)
        attribute.write(attribute: key, value.limited(to: valueLimit), field: Self.field)
        if let place {
            writer.buffer.replace(place, with: attribute.buffer)
        } else {
            sets |= set
            kept += 1
            attribute.buffer.withUnsafeBytes { writer.buffer.append($0) }
        }
    }

    /// The value of a key.
    @usableFromInline
    @inline(never)
    func value(of key: String) -> AttributeValue? {
        var key = key
        return key.withUTF8 { value(of: UnsafeRawBufferPointer($0)) }
    }

    private func value(of key: UnsafeRawBufferPointer) -> AttributeValue? {
        guard sets & attributeSet(key) != 0 else { return nil }
        return writer.buffer.withUnsafeBytes { bytes in
            var reader = ProtobufReader(own: bytes)
            var decoder = TelemetryDecoder()
            while let field = try? reader.next() {
                guard field.number == Self.field, let message = try? reader.message(field), message.hasKey(key)
                else { continue }
                var attributes = decoder.beginAttributes()
                try? decoder.attribute(message, into: &attributes)
                return decoder.end(attributes).elements.first?.value
            }
            return nil
        }
    }

    /// Writes a field of text in the place of the one that is there.
    package mutating func replace(field number: Int, with text: String) {
        var field = ProtobufWriter(capacity: 0)
        if !text.isEmpty { field.write(string: text, field: number) }
        let end = writer.buffer.count
        writer.buffer.replace(place { field, _ in field.number == number } ?? end..<end, with: field.buffer)
    }

    private mutating func remove(_ place: Range<Int>) {
        writer.buffer.replace(place, with: OutputBuffer(capacity: 0))
        kept -= 1
    }

    /// Which bytes are the attribute of a key.
    private func place(of key: UnsafeRawBufferPointer) -> Range<Int>? {
        place { field, reader in
            guard field.number == Self.field, let message = try? reader.message(field) else { return false }
            return message.hasKey(key)
        }
    }

    /// Which bytes are the first field that matches.
    private func place(where matches: (ProtobufReader.Field, ProtobufReader) -> Bool) -> Range<Int>? {
        writer.buffer.withUnsafeBytes { bytes in
            var reader = ProtobufReader(own: bytes)
            var start = 0
            while let field = try? reader.next() {
                let end = bytes.count - reader.remainingCount
                if matches(field, reader) { return start..<end }
                start = end
            }
            return nil
        }
    }
}

extension ProtobufReader {
    /// Whether an attribute, of which nothing has been read yet, has this key.
    fileprivate func hasKey(_ key: UnsafeRawBufferPointer) -> Bool {
        var message = self
        guard let first = try? message.next(), first.number == 1 else { return key.isEmpty }
        return first.bytes.elementsEqual(key)
    }
}

extension ProtobufWriter {
    /// Writes one attribute.
    fileprivate mutating func write(attribute key: UnsafeRawBufferPointer, _ value: AttributeValue, field: Int) {
        write(message: field) { writer in
            if !key.isEmpty { writer.write(bytes: key, field: 1) }
            writer.write(value: value, field: 2)
        }
    }
}

extension AttributeValue {
    /// The value in at most so many Unicode scalars or bytes, of a list or a map each value by itself.
    package func limited(to length: Int) -> AttributeValue {
        switch self {
        case .string(let text):
            // Nearly always decided without counting.
            if text.utf8.count <= length { return self }
            return .string(String(text.unicodeScalars.prefix(length)))
        case .bytes(let bytes): return bytes.count <= length ? self : .bytes(Array(bytes.prefix(length)))
        case .array(let values): return length == .max ? self : .array(values.map { $0.limited(to: length) })
        case .map(let values):
            guard length != .max else { return self }
            return .map(
                Attributes(distinct: values.elements.map { .init(key: $0.key, value: $0.value.limited(to: length)) })
            )
        default: return self
        }
    }
}
