// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

/// Requests of OTLP that carry spans (`ExportTraceServiceRequest`), in both encodings.
public enum OTLP {
    /// A request with these spans.
    ///
    /// - Parameters:
    ///   - spans: The spans. Those of one resource and one scope stand together, in the order in which the first of each
    ///     came.
    ///   - format: The encoding.
    /// - Returns: The request's bytes.
    public static func encode(_ spans: [SpanData], as format: OTLPFormat = .protobuf) -> [UInt8] {
        // Read in place: a copy of a span would count a dozen references up and down.
        spans.withUnsafeBufferPointer { spans in
            let groups = SpanGroups(spans)
            switch format {
            case .protobuf:
                return ProtobufWriter.bytes(capacity: 512 + spans.count * 512) { $0.write(groups, of: spans) }
            case .json:
                var writer = JSONWriter(capacity: 512 + spans.count * 1024)
                writer.write(groups, of: spans)
                return writer.buffer.bytes
            }
        }
    }

    /// A request with the spans of a batch, which in protobuf are copied where they come encoded.
    static func encode(_ batch: SpanBatch, as format: OTLPFormat) -> [UInt8] {
        guard format == .protobuf, let encoded = batch.encoded else { return encode(batch.spans, as: format) }
        let byteCount = encoded.groups.reduce(0) { $0 + $1.bytes.count }
        return ProtobufWriter.bytes(capacity: byteCount + 4096) { $0.write(encoded) }
    }

    /// The spans of a request.
    ///
    /// - Parameters:
    ///   - bytes: The whole request, decompressed, from whoever sent it.
    ///   - format: The encoding.
    ///   - limits: How much of it is read.
    /// - Returns: The spans, and how many of them had to be rejected.
    /// - Throws: ``OTLPError``: `tooLarge` if a limit is passed, `malformed` if it is no such request.
    public static func decode(
        _ bytes: [UInt8],
        as format: OTLPFormat = .protobuf,
        limits: OTLPLimits = OTLPLimits()
    ) throws(OTLPError) -> OTLPSpans {
        do {
            return try bytes.withUnsafeBytes { try decode($0, as: format, limits: limits) }
        } catch {
            throw OTLPError(wrapping: error)
        }
    }

    /// The spans of a request, from bytes that are only looked at.
    ///
    /// - Parameters:
    ///   - bytes: The whole request, decompressed, from whoever sent it.
    ///   - format: The encoding.
    ///   - limits: How much of it is read.
    /// - Returns: The spans, and how many of them had to be rejected.
    /// - Throws: ``OTLPError``: `tooLarge` if a limit is passed, `malformed` if it is no such request.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer,
        as format: OTLPFormat,
        limits: OTLPLimits = OTLPLimits()
    ) throws(OTLPError) -> OTLPSpans {
        guard bytes.count <= limits.maximumByteCount else {
            throw OTLPError(
                .tooLarge,
                "a request has \(bytes.count) bytes and only \(limits.maximumByteCount) are read; send fewer spans at once"
            )
        }
        switch format {
        case .protobuf:
            do {
                return try OTLPProtobufReader.spans(bytes, limits: limits)
            } catch {
                throw OTLPError(wrapping: error)
            }
        case .json:
            var reader = OTLPJSONReader(bytes, limits: limits)
            return try reader.request()
        }
    }
}
