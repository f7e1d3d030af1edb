// SPDX-License-Identifier: Apache-2.0

extension ProtobufWriter {
    /// Writes attributes as fields of OTLP's `KeyValue`, one for each.
    public mutating func write(attributes: Attributes, field: Int) {
        for element in attributes.elements {
            write(message: field) { writer in
                writer.write(nonEmpty: element.key, field: 1)
                writer.write(value: element.value, field: 2)
            }
        }
    }

    /// Writes a value as OTLP's `AnyValue`.
    public mutating func write(value: AttributeValue, field: Int) {
        write(message: field) { writer in
            switch value {
            case .string(let text): writer.write(string: text, field: 1)
            case .bool(let truth): writer.write(varint: truth ? 1 : 0, field: 2)
            case .int(let number): writer.write(varint: UInt64(bitPattern: number), field: 3)
            case .double(let number): writer.write(double: number, field: 4)
            case .array(let values): writer.write(values)
            case .map(let values):
                writer.write(message: 6) { $0.write(attributes: values, field: 1) }
            case .bytes(let bytes):
                bytes.withUnsafeBytes { writer.write(bytes: $0, field: 7) }
            }
        }
    }

    private mutating func write(_ values: [AttributeValue]) {
        write(message: 5) { writer in
            for value in values { writer.write(value: value, field: 1) }
        }
    }

    /// Writes a number that was counted, unless it is none.
    public mutating func write(count: Int, field: Int) {
        if count > 0 { write(varint: UInt64(UInt32(clamping: count)), field: field) }
    }

    /// Writes a text, unless it is empty.
    @inline(__always)
    public mutating func write(nonEmpty text: String, field: Int) {
        if !text.isEmpty { write(string: text, field: field) }
    }

    /// Writes OTLP's `Resource`.
    ///
    /// Its schema URL belongs to the message round it.
    public mutating func write(resource: Resource, field: Int) {
        write(message: field, lengthWidth: 2) { writer in
            writer.write(attributes: resource.attributes, field: 1)
            writer.write(count: resource.droppedAttributeCount, field: 2)
        }
    }

    /// Writes OTLP's `InstrumentationScope`.
    ///
    /// Its schema URL belongs to the message round it.
    public mutating func write(scope: InstrumentationScope, field: Int) {
        write(message: field) { writer in
            writer.write(nonEmpty: scope.name, field: 1)
            writer.write(nonEmpty: scope.version, field: 2)
            writer.write(attributes: scope.attributes, field: 3)
            writer.write(count: scope.droppedAttributeCount, field: 4)
        }
    }
}
