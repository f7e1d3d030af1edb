// SPDX-License-Identifier: Apache-2.0

import TelemetryData
public import TraceContext

/// What a line of the log should say of the work that it is about, so that the line is found from the trace and the trace
/// from the line.
///
/// ```swift
/// print("level=info \(currentLogFields) msg=\"receipt sent\"")
/// // level=info trace_id=4bf9… span_id=00f0… trace_flags=01 messaging.destination.name=orders msg="receipt sent"
/// ```
public var currentLogFields: LogFields { LogFields(ActiveContext.current) }

/// What is current, as fields for a line of the log in any format.
public struct LogFields: Sendable, Hashable {
    /// The names of the fields: those of OpenTelemetry's trace context in log formats other than OTLP, and of its messaging
    /// conventions.
    public enum Name {
        /// The trace, in hexadecimal.
        public static let traceID = "trace_id"
        /// The span, in hexadecimal.
        public static let spanID = "span_id"
        /// The flags, in hexadecimal.
        public static let flags = "trace_flags"
        /// The topic, or queue and kind of a job.
        public static let destination = MessagingConventions.Attribute.destinationName
        /// The id of the message or job.
        public static let messageID = MessagingConventions.Attribute.messageID
        /// Which attempt of a job it is.
        public static let attempt = MessagingConventions.Attribute.jobAttempt
    }

    /// The current span; `nil` where none is.
    public let span: SpanContext?

    /// Where the message that is worked on comes from.
    public let destination: String?

    /// The id of the message or job that is worked on.
    public let messageID: String?

    /// Which attempt of a job it is, from 1.
    public let attempt: Int?

    init(_ active: ActiveContext?) {
        span = active?.span.flatMap { $0.context.isValid ? $0.context : nil }
        destination = active?.work?.destination
        messageID = active?.work?.messageID
        attempt = active?.work?.attempt
    }

    /// The fields that there are, by name.
    public var elements: [(name: String, value: String)] {
        var elements: [(name: String, value: String)] = []
        if let span {
            elements.append((Name.traceID, span.traceID.description))
            elements.append((Name.spanID, span.spanID.description))
            elements.append(
                (Name.flags, (span.flags.rawValue < 16 ? "0" : "") + String(span.flags.rawValue, radix: 16))
            )
        }
        if let destination { elements.append((Name.destination, destination)) }
        if let messageID { elements.append((Name.messageID, messageID)) }
        if let attempt { elements.append((Name.attempt, String(attempt))) }
        return elements
    }
}

extension LogFields: CustomStringConvertible {
    /// `name=value` pairs, a space between them; a value with a space, a quote or a control character in it is quoted.
    public var description: String {
        elements.map { "\($0.name)=\(Self.quoted($0.value))" }.joined(separator: " ")
    }

    private static func quoted(_ value: String) -> String {
        let isPlain = value.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7f && $0 != "\"" && $0 != "=" }
        return isPlain && !value.isEmpty ? value : value.debugDescription
    }
}

/// A message that is worked on.
package struct MessageWork: Sendable {
    private let share: MessageTargetShare
    let messageID: String?
    let attempt: Int?

    var destination: String? { share.destination }

    package init(_ target: MessageTarget, messageID: String? = nil, attempt: Int? = nil) {
        self.init(target.share, messageID: messageID, attempt: attempt)
    }

    init(_ share: MessageTargetShare, messageID: String? = nil, attempt: Int? = nil) {
        self.share = share
        self.messageID = messageID
        self.attempt = attempt
    }
}
