// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// The spans of a received message of OTLP, checked and ready to be kept.
///
/// The message is `ExportTraceServiceRequest`, or `TracesData`, which is the same, in protobuf. A span whose bytes are as
/// Stitch's own encoder makes them, which is how most SDKs make them too, is kept as it came; any other is decoded and
/// written anew. So a store gives back what it would give back of the decoded spans.
///
/// ```swift
/// let received = try body.withUnsafeBytes { try ReceivedSpans(otlp: $0) }
/// try await store.append(received)
/// ```
public struct ReceivedSpans: Sendable {
    let batch: PreparedBatch

    /// How many spans the message had that have no valid ids; they are left out.
    public let rejectedCount: Int

    /// How many spans there are.
    public var count: Int { batch.records.count }

    /// Checks a message, which is only looked at.
    ///
    /// - Parameters:
    ///   - message: The whole message, decompressed, from whoever sent it.
    ///   - maximumByteCount: How many bytes it may have.
    ///   - maximumDepth: How many levels of messages it may hold.
    ///   - maximumElementCount: How many attributes, values, events, links and spans it may hold, a span counting as eight.
    /// - Throws: ``StoreError``: `tooLarge` if a limit is passed, `malformed` if it is no such message; then nothing of it
    ///   can be kept.
    public init(
        otlp message: UnsafeRawBufferPointer,
        maximumByteCount: Int = 64 << 20,
        maximumDepth: Int = 64,
        maximumElementCount: Int = 4 << 20
    ) throws(StoreError) {
        guard message.count <= maximumByteCount else {
            throw StoreError(
                .tooLarge,
                "can't keep a message of \(message.count) bytes; at most \(maximumByteCount) are read, send fewer spans"
            )
        }
        do {
            var reader = ReceivedReader(maximumElementCount, maximumDepth, byteCount: message.count)
            try reader.read(ProtobufReader(message, maximumDepth: maximumDepth))
            rejectedCount = reader.rejectedCount
            batch = reader.batch
        } catch {
            let isLimit = error.code == .tooMany || error.code == .tooDeep
            throw StoreError(isLimit ? .tooLarge : .malformed, "can't keep a message of OTLP: \(error)")
        }
    }
}

/// Makes a batch of a message; what stands round spans may stand after them, so it is looked for first.
private struct ReceivedReader: ~Copyable {
    var batch = PreparedBatch()
    var rejectedCount = 0
    private var decoder: TelemetryDecoder
    private var canonical = CanonicalSpan()
    private let isDeepEnough: Bool

    /// Levels of messages in a span that is kept as it came, from the whole message on.
    private static let plainDepth = 8

    init(_ maximumElementCount: Int, _ maximumDepth: Int, byteCount: Int) {
        decoder = TelemetryDecoder(maximumElementCount: maximumElementCount)
        isDeepEnough = maximumDepth >= Self.plainDepth
        batch.reserve(byteCount: byteCount)
    }

    mutating func read(_ message: ProtobufReader) throws(ProtobufError) {
        var message = message
        while let field = try message.next() {
            guard field.number == 1, field.type == .lengthDelimited else { continue }
            try readResource(message.message(field))
        }
    }

    private mutating func readResource(_ message: ProtobufReader) throws(ProtobufError) {
        let resource = try decoder.resource(around: message)
        var message = message
        while let field = try message.next() {
            guard field.number == 2, field.type == .lengthDelimited else { continue }
            try readScope(message.message(field), of: resource)
        }
    }

    private mutating func readScope(_ message: ProtobufReader, of resource: Resource) throws(ProtobufError) {
        let (scope, spans) = try decoder.scope(around: message)
        guard spans.all > 0 else { return }
        batch.begin(SpanSourceKey(resource: resource, scope: scope))
        var message = message
        while let field = try message.next() {
            guard field.number == 2, field.type == .lengthDelimited else { continue }
            if isDeepEnough, let count = canonical.elementCount(of: field.bytes) {
                try decoder.spend(count)
                batch.add(field.bytes)
            } else {
                try decode(message.message(field))
            }
        }
    }

    private mutating func decode(_ message: ProtobufReader) throws(ProtobufError) {
        guard let span = try decoder.span(message) else {
            rejectedCount += 1
            return
        }
        var writer = ProtobufWriter()
        writer.write(contentOf: span)
        writer.bytes.withUnsafeBytes { batch.add($0) }
    }
}
