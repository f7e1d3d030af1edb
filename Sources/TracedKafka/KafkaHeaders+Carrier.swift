// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchKafka
import TelemetryAPI
import TraceContext

extension KafkaHeaders {
    /// What the headers carry of a trace.
    var carrier: ContextCarrier { readCarrier().carrier }

    /// What the headers carry of a trace; `nil` where none of them has to do with one.
    var incoming: ContextCarrier? {
        let fields = TelemetrySystem.tracer.fields
        let isIncoming = contains { header in
            ContextCarrier.knownFields.contains(header.name) || fields.contains(header.name)
        }
        return isIncoming ? carrier : nil
    }

    /// What the headers carry of a trace, and how many fields came more than once.
    func readCarrier() -> (carrier: ContextCarrier, duplicates: Int) {
        var duplicates = 0
        let carrier = ContextCarrier(
            messageHeaders: lazy.map { ($0.name, $0.value) },
            names: TelemetrySystem.tracer.fields,
            duplicates: &duplicates
        )
        return (carrier, duplicates)
    }

    /// Writes a carrier's fields, each in place of whatever headers there are under its name.
    ///
    /// Nothing is left of an older context: whoever reads the record would take it for a part of the new one. A carrier
    /// without fields changes nothing, unless there was one to be taken away.
    mutating func write(_ carrier: ContextCarrier, inPlaceOf incoming: ContextCarrier = ContextCarrier()) {
        guard !carrier.isEmpty || !incoming.isEmpty else { return }
        let older = Set(map(\.name)).intersection(ContextCarrier.knownFields)
        for name in older where carrier[name] == nil { remove(name) }
        for field in carrier.fields { replace(field.name, with: field.value) }
    }
}

extension KafkaConsumedRecord {
    /// What the record carries of a trace, and how many fields came more than once.
    func readCarrier() -> (carrier: ContextCarrier, duplicates: Int) {
        let read = withNativeHeaders { fetched -> (carrier: ContextCarrier, duplicates: Int) in
            guard let fetched else { return (ContextCarrier(), 0) }
            var duplicates = 0
            let names = TelemetrySystem.tracer.fields
            let carrier = ContextCarrier(messageHeaders: fetched.named, names: names, duplicates: &duplicates)
            return (carrier, duplicates)
        }
        return read ?? headers.readCarrier()
    }
}

extension PlainCarrier {
    /// What a record carries of a trace, where that is plain: what Stitch's own producers write, whatever headers of other
    /// names there are; `nil` for all else, and for a record that was moved.
    init?(_ record: RecordView) {
        var carrier: PlainCarrier?
        record.withHeaders { carrier = PlainCarrier($0) }
        guard let carrier else { return nil }
        self = carrier
    }

    private init?(_ headers: NativeHeaderSequence) {
        var carrier: PlainCarrier?
        var origin: UnsafeRawBufferPointer?
        for (name, value) in headers {
            if name.isEqual(to: "traceparent") {
                guard carrier == nil, let value, let read = PlainCarrier(traceParent: value) else { return nil }
                carrier = read
            } else if name.isEqual(to: "stitch") {
                guard origin == nil, let value else { return nil }
                origin = value
            } else if name.mayBeOfTrace, name.isOfTrace {
                return nil
            }
        }
        guard var carrier else { return nil }
        if let origin, !carrier.read(stitch: origin) { return nil }
        self = carrier
    }
}

extension NativeHeaderName {
    /// Whether it begins as one does that has to do with traces, so that it is worth a closer look.
    fileprivate var mayBeOfTrace: Bool { firstByte.map { FirstBytes.ofTrace.contains($0) } ?? false }

    /// Whether it has to do with traces, or with how a record was moved.
    fileprivate var isOfTrace: Bool {
        let name = string
        return ContextCarrier.knownFields.contains(name) || name.hasPrefix(StitchField.name)
    }
}

/// What names begin with.
private struct FirstBytes {
    // One bit for each byte of ASCII.
    private var bits: (UInt64, UInt64) = (0, 0)

    static let ofTrace = FirstBytes(ContextCarrier.knownFields)

    init(_ names: some Sequence<String>) {
        for byte in names.compactMap(\.utf8.first) where byte < 128 {
            if byte < 64 { bits.0 |= 1 << UInt64(byte) } else { bits.1 |= 1 << UInt64(byte - 64) }
        }
    }

    func contains(_ byte: UInt8) -> Bool {
        byte < 128 && (byte < 64 ? bits.0 : bits.1) >> UInt64(byte & 63) & 1 == 1
    }
}

extension NativeHeaders {
    /// A record's headers, none of which has to do with a trace, with what its span has it carry.
    @inline(__always)
    init(_ headers: KafkaHeaders, _ send: borrowing PlainSend, origin: Timestamp?) {
        self.init(headers, andRoomFor: 2)
        send.writeFields(origin: origin) { name, value in add(name, value) }
    }

    /// A record's headers, with what its span has it carry in place of all that it carries so far.
    ///
    /// - Parameters:
    ///   - headers: The record's headers.
    ///   - span: The span.
    ///   - origin: What the span has the `stitch` field say.
    ///   - incoming: What the record carries so far; `nil` where no header has to do with a trace.
    @inline(__always)
    init(
        _ headers: KafkaHeaders,
        _ span: borrowing OwnedSendSpan,
        _ origin: OwnedSendSpan.Origin,
        _ incoming: ContextCarrier?
    ) {
        if let carrier = span.carrier {
            var headers = headers
            headers.write(carrier, inPlaceOf: incoming ?? ContextCarrier())
            self.init(headers)
            return
        }
        self.init(headers, andRoomFor: 2)
        span.writeFields(origin) { name, value in add(name, value) }
    }
}
