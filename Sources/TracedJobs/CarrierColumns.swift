// SPDX-License-Identifier: Apache-2.0

import Foundation
import MessageTracing
import StitchPostgres
import TraceContext

/// A carrier as a row holds it: W3C's fields in typed columns, so that SQL can join on them, and a JSON object for all
/// other fields.
struct CarrierColumns: Equatable {
    /// The span that created the job, without its `tracestate`.
    var creation: SpanContext?
    var state: String?
    var baggage: String?
    var others: String?

    /// Takes a carrier apart; fields that Postgres can't store, because they hold NUL characters, are left out.
    init(_ carrier: ContextCarrier) {
        typealias Name = ContextCarrier.FieldName
        var others: [(name: String, value: String)] = []
        creation = carrier.spanContext?.withoutState
        for field in carrier.fields where !field.value.utf8.contains(0) && !field.name.utf8.contains(0) {
            switch field.name.lowercased() {
            case Name.traceParent where creation != nil: break
            case Name.traceState where creation != nil: state = field.value
            case Name.baggage: baggage = field.value
            default: others.append((field.name, field.value))
            }
        }
        if !others.isEmpty { self.others = OtherFields.json(others) }
    }

    /// What a carrier has that is a trace and when its flow began, and no more.
    init(_ carrier: PlainCarrier) {
        creation = carrier.context
        others = carrier.originMilliseconds.map { OtherFields.json(origin: $0) }
    }

    /// Joins what was read from a row.
    init(trace: UUID?, span: Int64?, flags: Int16?, state: String?, baggage: String?, others: String?) {
        creation = SpanContext(trace: trace, span: span, flags: flags)
        self.state = state
        self.baggage = baggage
        self.others = others
    }

    /// The trace as a `uuid`.
    var traceUUID: UUID? { creation.map { UUID($0.traceID) } }

    /// The span as a `bigint`.
    var spanNumber: Int64? { creation.map { Int64(bitPattern: $0.spanID.bits) } }

    /// The trace's flags as a `smallint`.
    var flags: Int16? { creation.map { Int16($0.flags.rawValue) } }

    /// The same as numbers, if it is a trace, perhaps with the time when its flow began, and no more.
    var plainCarrier: PlainCarrier? {
        guard let creation, state == nil, baggage == nil else { return nil }
        guard let others else { return PlainCarrier(creation, originMilliseconds: nil) }
        return OtherFields.origin(inJSON: others).flatMap { PlainCarrier(creation, originMilliseconds: $0) }
    }

    /// The carrier again.
    ///
    /// What is not valid in the row, which any program may have written, is left out.
    var carrier: ContextCarrier {
        typealias Name = ContextCarrier.FieldName
        var carrier = ContextCarrier()
        if let creation {
            carrier.spanContext = creation
            carrier[Name.traceState] = state
        }
        carrier[Name.baggage] = baggage
        // What SQL can join on is what counts, so a column goes before a field of its name.
        guard let others else { return carrier }
        for field in OtherFields.fields(inJSON: others) where carrier[field.name] == nil {
            carrier[field.name] = field.value
        }
        return carrier
    }
}

extension SpanContext {
    /// The context of an attempt or a creation, from columns; `nil` unless both ids are there and valid.
    init?(trace: UUID?, span: Int64?, flags: Int16?) {
        guard let trace, let span else { return nil }
        self.init(
            traceID: TraceID(trace),
            spanID: SpanID(bits: UInt64(bitPattern: span)),
            flags: TraceFlags(rawValue: UInt8(truncatingIfNeeded: flags ?? 0)),
            isRemote: true
        )
        if !isValid { return nil }
    }

    fileprivate var withoutState: SpanContext {
        SpanContext(traceID: traceID, spanID: spanID, flags: flags, isRemote: isRemote)
    }
}

extension TraceID {
    /// The trace whose bits a `uuid` holds.
    init(_ uuid: UUID) {
        let (high, low) = withUnsafeBytes(of: uuid.uuid) { bytes in
            (bytes.loadUnaligned(as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
        self.init(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
    }
}

extension UUID {
    /// The `uuid` that holds a trace's bits.
    init(_ trace: TraceID) {
        let words = (trace.high.bigEndian, trace.low.bigEndian)
        self = withUnsafeBytes(of: words) { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }
}
