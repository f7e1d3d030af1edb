// SPDX-License-Identifier: Apache-2.0

/// B3, what Brave and Zipkin write: in one field, `b3`, or in one for each part, `X-B3-…`.
///
/// Writes the form that it was made for and reads both, the single field first. Trace ids of 64 bits are read as the
/// lower half; hexadecimal digits may be of either case. Without a sampling decision a context counts as not sampled.
public struct B3Propagator: Propagator {
    /// How many fields are written.
    public enum Form: Sendable, Hashable {
        /// `b3: {trace id}-{span id}-{sampling}`.
        case single
        /// `X-B3-TraceId`, `X-B3-SpanId`, `X-B3-Sampled`.
        case multiple
    }

    /// The names of the fields, in lower case.
    public enum FieldName {
        /// All parts in one.
        public static let single = "b3"
        /// The trace.
        public static let traceID = "x-b3-traceid"
        /// The span.
        public static let spanID = "x-b3-spanid"
        /// `1` or `0`.
        public static let sampled = "x-b3-sampled"
        /// `1` asks for debugging, and thereby for sampling.
        public static let flags = "x-b3-flags"
        /// All five.
        public static let all = [single, traceID, spanID, sampled, flags]
    }

    private let form: Form

    /// Writes this form.
    public init(_ form: Form = .single) {
        self.form = form
    }

    /// Those of both forms, because both are read.
    public var fields: [String] { FieldName.all }

    /// Writes the fields of the form.
    public func inject(_ context: PropagationContext, into carrier: inout ContextCarrier) {
        guard let span = context.span, span.isValid else { return }
        switch form {
        case .single:
            carrier[FieldName.single] = "\(span.traceID)-\(span.spanID)-\(span.isSampled ? "1" : "0")"
        case .multiple:
            carrier[FieldName.traceID] = span.traceID.description
            carrier[FieldName.spanID] = span.spanID.description
            carrier[FieldName.sampled] = span.isSampled ? "1" : "0"
            carrier[FieldName.flags] = nil
        }
    }

    /// Reads the single field, else the others.
    public func extract(from carrier: ContextCarrier, into context: inout PropagationContext) {
        if let span = carrier[FieldName.single].flatMap(Self.parse) {
            context.span = span
            return
        }
        guard let traceID = carrier[FieldName.traceID], let spanID = carrier[FieldName.spanID] else { return }
        let isSampled =
            carrier[FieldName.flags] == "1" || ["1", "true"].contains(carrier[FieldName.sampled]?.lowercased())
        if let span = Self.context(traceID, spanID, isSampled: isSampled) { context.span = span }
    }

    private static func parse(_ text: String) -> SpanContext? {
        guard text.utf8.count <= longest else { return nil }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard (2...4).contains(parts.count) else { return nil }
        let sampling = parts.count > 2 ? parts[2] : ""
        guard ["", "0", "1", "d"].contains(sampling) else { return nil }
        return context(parts[0], parts[1], isSampled: sampling == "1" || sampling == "d")
    }

    private static func context(_ traceID: String, _ spanID: String, isSampled: Bool) -> SpanContext? {
        let padded = traceID.utf8.count == 16 ? "0000000000000000" + traceID : traceID
        guard let traceID = TraceID(padded.lowercased()), let spanID = SpanID(spanID.lowercased()) else { return nil }
        return SpanContext(traceID: traceID, spanID: spanID, flags: isSampled ? .sampled : [], isRemote: true)
    }

    /// Two ids, the sampling state, a parent and three dashes.
    private static let longest = 32 + 16 + 1 + 16 + 3
}
