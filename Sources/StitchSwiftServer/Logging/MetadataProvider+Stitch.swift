// SPDX-License-Identifier: Apache-2.0

#if LoggingSupport
public import Logging
import TelemetryAPI
import TraceContext

extension Logger.MetadataProvider {
    /// Names the span that is current on every log line: `trace_id`, `span_id` and `trace_flags`, in hexadecimal, as
    /// OpenTelemetry has them in logs of other formats.
    ///
    /// ```swift
    /// LoggingSystem.bootstrap(StreamLogHandler.standardError, metadataProvider: .stitch)
    /// ```
    ///
    /// Nothing is added where no span is current, or where nobody can name it.
    public static let stitch = Logger.MetadataProvider {
        guard let context = Span.current?.context, context.isValid else { return [:] }
        let flags = context.flags.intersection(.known).rawValue
        return [
            "trace_id": .string(context.traceID.description),
            "span_id": .string(context.spanID.description),
            "trace_flags": .string("0" + String(flags, radix: 16)),
        ]
    }
}
#endif
