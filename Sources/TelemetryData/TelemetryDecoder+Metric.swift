// SPDX-License-Identifier: Apache-2.0

import TraceContext

extension TelemetryDecoder {
    /// Reads OTLP's `Metric`: sums, gauges and histograms with explicit bounds.
    ///
    /// A temporality that is not told counts as cumulative.
    ///
    /// - Returns: The metric, without resource and scope; `nil` if it is of another kind.
    /// - Throws: ``ProtobufError`` when the bytes are no such message.
    public mutating func metric(_ message: ProtobufReader) throws(ProtobufError) -> MetricData? {
        try spend(4)
        var message = message
        var name = "", description = "", unit = ""
        var content: MetricData.Content?
        while let field = try message.next() {
            switch (field.number, field.type) {
            case (1, .lengthDelimited): name = self.name(field)
            case (2, .lengthDelimited): description = self.name(field)
            case (3, .lengthDelimited): unit = self.name(field)
            case (5, .lengthDelimited): content = .gauge(try numbers(message.message(field)).points)
            case (7, .lengthDelimited):
                let sum = try numbers(message.message(field))
                content = .sum(sum.points, sum.temporality, isMonotonic: sum.isMonotonic)
            case (9, .lengthDelimited): content = try histograms(message.message(field))
            default: break
            }
        }
        return content.map { MetricData(name: name, unit: unit, description: description, $0) }
    }

    private struct Numbers {
        var points: [NumberPoint] = []
        var temporality = MetricTemporality.cumulative
        var isMonotonic = false
    }

    private mutating func numbers(_ message: ProtobufReader) throws(ProtobufError) -> Numbers {
        var message = message
        var numbers = Numbers()
        while let field = try message.next() {
            switch (field.number, field.type) {
            case (1, .lengthDelimited): numbers.points.append(try number(message.message(field)))
            case (2, .varint): numbers.temporality = field.temporality
            case (3, .varint): numbers.isMonotonic = field.bits != 0
            default: break
            }
        }
        return numbers
    }

    private mutating func number(_ message: ProtobufReader) throws(ProtobufError) -> NumberPoint {
        try spend(4)
        var message = message
        var point = NumberPoint(time: Timestamp(nanoseconds: 0), value: .int(0))
        var attributes = beginAttributes()
        while let field = try message.next() {
            switch (field.number, field.type) {
            case (2, .fixed64): point.start = field.start
            case (3, .fixed64): point.time = Timestamp(nanoseconds: field.bits)
            case (4, .fixed64): point.value = .double(field.double)
            case (5, .lengthDelimited): point.exemplars.append(try exemplar(message.message(field)))
            case (6, .fixed64): point.value = .int(Int64(bitPattern: field.bits))
            case (7, .lengthDelimited): try attribute(message.message(field), into: &attributes)
            default: break
            }
        }
        point.attributes = end(attributes)
        return point
    }

    private mutating func histograms(_ message: ProtobufReader) throws(ProtobufError) -> MetricData.Content {
        var message = message
        var points: [HistogramPoint] = []
        var temporality = MetricTemporality.cumulative
        while let field = try message.next() {
            switch (field.number, field.type) {
            case (1, .lengthDelimited): points.append(try histogram(message.message(field)))
            case (2, .varint): temporality = field.temporality
            default: break
            }
        }
        return .histogram(points, temporality)
    }

    private mutating func histogram(_ message: ProtobufReader) throws(ProtobufError) -> HistogramPoint {
        try spend(4)
        var message = message
        var point = HistogramPoint(time: Timestamp(nanoseconds: 0), boundaries: [], bucketCounts: [], sum: 0)
        var attributes = beginAttributes()
        var boundaries: [UInt64] = []
        var count: UInt64 = 0
        while let field = try message.next() {
            switch (field.number, field.type) {
            case (2, .fixed64): point.start = field.start
            case (3, .fixed64): point.time = Timestamp(nanoseconds: field.bits)
            case (4, .fixed64): count = field.bits
            case (5, .fixed64): point.sum = field.double
            case (6, _): try words(field, into: &point.bucketCounts)
            case (7, _): try words(field, into: &boundaries)
            case (8, .lengthDelimited): point.exemplars.append(try exemplar(message.message(field)))
            case (9, .lengthDelimited): try attribute(message.message(field), into: &attributes)
            case (11, .fixed64): point.minimum = field.double
            case (12, .fixed64): point.maximum = field.double
            default: break
            }
        }
        point.attributes = end(attributes)
        point.boundaries = boundaries.map { Double(bitPattern: $0) }
        point.takeOneBucket(of: count)
        return point
    }

    /// Numbers of 64 bits, packed or one by one.
    private mutating func words(_ field: ProtobufReader.Field, into words: inout [UInt64]) throws(ProtobufError) {
        switch field.type {
        case .fixed64:
            try spend()
            words.append(field.bits)
        case .lengthDelimited:
            guard field.bytes.count.isMultiple(of: 8) else {
                throw ProtobufError(.malformed, "packed numbers of 64 bits end within one")
            }
            try spend(field.bytes.count / 8)
            for offset in stride(from: 0, to: field.bytes.count, by: 8) {
                words.append(UInt64(littleEndian: field.bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            }
        default: break
        }
    }

    private mutating func exemplar(_ message: ProtobufReader) throws(ProtobufError) -> Exemplar {
        try spend(2)
        var message = message
        var exemplar = Exemplar(time: Timestamp(nanoseconds: 0), value: .int(0))
        var attributes = beginAttributes()
        while let field = try message.next() {
            switch (field.number, field.type) {
            case (2, .fixed64): exemplar.time = Timestamp(nanoseconds: field.bits)
            case (3, .fixed64): exemplar.value = .double(field.double)
            case (4, .lengthDelimited): exemplar.spanID = field.spanID.flatMap { $0.isValid ? $0 : nil }
            case (5, .lengthDelimited): exemplar.traceID = field.traceID.flatMap { $0.isValid ? $0 : nil }
            case (6, .fixed64): exemplar.value = .int(Int64(bitPattern: field.bits))
            case (7, .lengthDelimited): try attribute(message.message(field), into: &attributes)
            default: break
            }
        }
        exemplar.attributes = end(attributes)
        return exemplar
    }
}

extension HistogramPoint {
    /// Puts everything in one bucket, unless there are as many as the boundaries make: a histogram may come without any.
    package mutating func takeOneBucket(of count: UInt64) {
        guard bucketCounts.count != boundaries.count + 1 else { return }
        boundaries = []
        bucketCounts = [count]
    }
}

extension ProtobufReader.Field {
    fileprivate var traceID: TraceID? {
        guard bytes.count == 16 else { return nil }
        return TraceID(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        )
    }

    fileprivate var spanID: SpanID? {
        guard bytes.count == 8 else { return nil }
        return SpanID(bits: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)))
    }

    /// A time that is not told is written as 0, or not at all.
    fileprivate var start: Timestamp? { bits == 0 ? nil : Timestamp(nanoseconds: bits) }

    fileprivate var temporality: MetricTemporality {
        MetricTemporality(rawValue: Int(truncatingIfNeeded: bits)) ?? .cumulative
    }
}
