// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

/// The two encodings of OTLP.
public enum OTLPFormat: Sendable, Hashable, CaseIterable {
    /// Protobuf.
    case protobuf
    /// JSON, with hexadecimal ids and numbers for enums.
    case json

    /// The media type that a request or a response of this encoding has.
    public var contentType: String {
        switch self {
        case .protobuf: "application/x-protobuf"
        case .json: "application/json"
        }
    }

    /// The encoding of a media type, whose parameters and case don't matter; `nil` if OTLP has none such.
    public init?(contentType: String) {
        let type = contentType.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
        guard let format = Self.allCases.first(where: { $0.contentType == type }) else { return nil }
        self = format
    }
}

/// How much of a request is read.
public struct OTLPLimits: Sendable, Hashable {
    /// How many bytes it may have, after decompression; 64 MiB, as OTLP recommends, unless told otherwise.
    public var maximumByteCount: Int

    /// How many levels of messages, or of JSON, there may be within it.
    public var maximumDepth: Int

    /// How many attributes, values, events, links and spans are kept, a span counting as eight.
    ///
    /// A few bytes can stand for something that takes many in memory, so the bytes alone don't limit that.
    public var maximumElementCount: Int

    /// Limits of a request.
    public init(
        maximumByteCount: Int = 64 << 20,
        maximumDepth: Int = 64,
        maximumElementCount: Int = 4 << 20
    ) {
        self.maximumByteCount = maximumByteCount
        self.maximumDepth = maximumDepth
        self.maximumElementCount = maximumElementCount
    }
}

/// What a request held.
public struct OTLPSpans: Sendable, Hashable {
    /// The spans, in order.
    public var spans: [SpanData] = []

    /// How many spans could not be kept, because they had no valid ids or, in JSON, a field of the wrong type.
    public var rejectedSpanCount = 0

    /// Why the first of these could not be kept; empty if all were.
    public var rejectionReason = ""

    mutating func reject(_ reason: @autoclosure () -> String) {
        if rejectedSpanCount == 0 { rejectionReason = reason() }
        rejectedSpanCount += 1
    }
}
