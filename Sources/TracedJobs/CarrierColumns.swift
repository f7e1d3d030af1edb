// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchPostgres
import TraceContext

/// A carrier as a row holds it: W3C's fields in typed columns, so that SQL can join on them, and a JSON object for all
/// other fields.
struct CarrierColumns: Equatable {
    var traceID: [UInt8]?
    var spanID: [UInt8]?
    var flags: Int16?
    var state: String?
    var baggage: String?
    var others: String?

    /// Takes a carrier apart; fields that Postgres can't store, because they hold NUL characters, are left out.
    init(_ carrier: ContextCarrier) {
        typealias Name = ContextCarrier.FieldName
        var others: [String: String] = [:]
        let context = carrier.spanContext
        if let context {
            (traceID, spanID) = (context.traceID.bytes, context.spanID.bytes)
            flags = Int16(context.flags.rawValue)
        }
        for field in carrier.fields where !field.value.utf8.contains(0) && !field.name.utf8.contains(0) {
            switch field.name.lowercased() {
            case Name.traceParent where context != nil: break
            case Name.traceState where context != nil: state = field.value
            case Name.baggage: baggage = field.value
            default: others[field.name] = field.value
            }
        }
        guard !others.isEmpty, let json = try? JSONEncoder().encode(others) else { return }
        self.others = String(decoding: json, as: UTF8.self)
    }

    /// Reads the columns of the view for people.
    init(_ row: PostgresRow) throws(PostgresError) {
        traceID = try row.decode("trace_id")
        spanID = try row.decode("span_id")
        flags = try row.decode("trace_flags")
        state = try row.decode("tracestate")
        baggage = try row.decode("baggage")
        others = try row.decode("carrier")
    }

    /// Reads the columns of a ticket, whose flags say more than the trace's.
    init(_ row: PostgresRow, flags: Int16) throws(PostgresError) {
        traceID = try row.decode("trace_id", as: UUID?.self)?.bytes
        spanID = try row.decode("span_id", as: Int64?.self).map { SpanID(bits: UInt64(bitPattern: $0)).bytes }
        self.flags = flags & 255
        state = try row.decode("tracestate")
        baggage = try row.decode("baggage")
        others = try row.decode("carrier")
    }

    /// The trace as a `uuid`.
    var traceUUID: UUID? { traceID.map { UUID(bytes: $0) } }

    /// The span as a `bigint`.
    var spanNumber: Int64? { spanID.map { Int64(bitPattern: UInt64($0[...])) } }

    /// The carrier again.
    ///
    /// What is not valid in the row, which any program may have written, is left out.
    var carrier: ContextCarrier {
        typealias Name = ContextCarrier.FieldName
        var carrier = ContextCarrier()
        if let context = SpanContext(traceID: traceID, spanID: spanID, flags: flags) {
            carrier.spanContext = context
            carrier[Name.traceState] = state
        }
        carrier[Name.baggage] = baggage
        if let others, let fields = try? JSONDecoder().decode([String: OtherValue].self, from: Data(others.utf8)) {
            // What SQL can join on is what counts, so a column goes before a field of its name.
            for (name, value) in fields.sorted(by: { $0.key < $1.key }) where carrier[name] == nil {
                carrier[name] = value.text
            }
        }
        return carrier
    }
}

/// A value in the column for other fields, which should be text and may be anything.
private struct OtherValue: Decodable {
    let text: String?

    init(from decoder: any Decoder) {
        text = try? decoder.singleValueContainer().decode(String.self)
    }
}

extension SpanContext {
    /// The context of an attempt or a creation, from columns; `nil` unless both ids are there and valid.
    init?(traceID: [UInt8]?, spanID: [UInt8]?, flags: Int16?) {
        guard let traceID, traceID.count == 16, let spanID, spanID.count == 8 else { return nil }
        self.init(
            traceID: TraceID(high: UInt64(traceID.prefix(8)), low: UInt64(traceID.suffix(8))),
            spanID: SpanID(bits: UInt64(spanID[...])),
            flags: TraceFlags(rawValue: UInt8(truncatingIfNeeded: flags ?? 0)),
            isRemote: true
        )
        if !isValid { return nil }
    }
}

extension TraceID {
    var bytes: [UInt8] { high.bytes + low.bytes }

    var uuid: UUID { UUID(bytes: bytes) }
}

extension UUID {
    /// The sixteen bytes that these are.
    init(bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { $0.count == 16 ? UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) : UUID() }
    }

    var bytes: [UInt8] { withUnsafeBytes(of: uuid) { Array($0) } }
}

extension SpanID {
    var bytes: [UInt8] { bits.bytes }

    init(bytes: [UInt8]) { self.init(bits: UInt64(bytes[...])) }
}

extension UInt64 {
    /// Most significant byte first.
    fileprivate var bytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> (56 - 8 * $0)) } }

    fileprivate init(_ bytes: ArraySlice<UInt8>) {
        self = bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
