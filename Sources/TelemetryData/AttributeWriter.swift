// SPDX-License-Identifier: Apache-2.0

/// The attributes of a span that starts, written as OTLP's bytes in the moment in which they are said.
///
/// Each key is kept once; what was said last counts. Where a limit holds, what is above is counted and not kept.
public struct AttributeWriter: ~Copyable, Sendable {
    /// The span's fields, in the order in which they came: attributes, and whatever else whoever records the span writes.
    @usableFromInline package var writer: ProtobufWriter

    /// The sets of all keys that were written, or more.
    @usableFromInline var sets: UInt64 = 0

    /// How many there are.
    @inlinable public var count: Int { Int(kept) }

    @usableFromInline var kept: Int32 = 0

    /// How many were left out.
    @inlinable package var droppedCount: Int { Int(dropped) }

    // Of half the size, so that less is moved until the span has its place.
    @usableFromInline var dropped: Int32 = 0
    @usableFromInline let limit: Int32
    @usableFromInline let longest: Int32

    /// How long a value may be.
    @inlinable package var valueLimit: Int { longest == .max ? .max : Int(longest) }

    /// No attributes.
    ///
    /// - Parameters:
    ///   - limit: How many are kept, from 0.
    ///   - longest: How long a value may be, in Unicode scalars or bytes, from 0; the greatest number stands for no limit.
    @inlinable
    package init(limit: Int32 = .max, longest: Int32 = .max) {
        writer = ProtobufWriter()
        self.limit = limit
        self.longest = longest
    }

    /// The value of a key; setting `nil` removes it.
    public subscript(key: String) -> AttributeValue? {
        get { value(of: key) }
        set { set(key, newValue) }
    }

    /// Sets all of these; of a key that is there already the new value counts.
    public mutating func merge(_ others: Attributes) {
        for element in others.elements { set(element.key, element.value) }
    }

    /// All of them, by value.
    public var all: Attributes {
        var decoder = TelemetryDecoder()
        var attributes = decoder.beginAttributes()
        writer.buffer.withUnsafeBytes { bytes in
            var reader = ProtobufReader(own: bytes)
            while let field = try? reader.next() {
                guard field.number == Self.field, let message = try? reader.message(field) else { continue }
                try? decoder.attribute(message, into: &attributes)
            }
        }
        return decoder.end(attributes)
    }

    /// The links that were written among them.
    package var links: [SpanLink] {
        var decoder = TelemetryDecoder()
        writer.buffer.withUnsafeBytes { bytes in
            var reader = ProtobufReader(own: bytes)
            while let field = try? reader.next() {
                guard field.number == 13, let message = try? reader.message(field) else { continue }
                _ = try? decoder.link(message)
            }
        }
        return decoder.links.take(from: 0)
    }

    /// The number of a span's field for an attribute.
    static var field: Int { 9 }
}
