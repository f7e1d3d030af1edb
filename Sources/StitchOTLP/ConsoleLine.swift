// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// A span as a line of text.
enum ConsoleLine {
    enum Style {
        case plain, colored
    }

    /// The line, without its end; whatever the span holds, it is one line of printable characters.
    static func text(_ span: SpanData, _ style: Style) -> String {
        var parts = [
            time(span.start), paint("\(span.kind)".uppercased(), "36", style), paint(shown(span.name), "1", style),
            milliseconds(span.duration), "trace=\(span.traceID)", "span=\(span.spanID)",
        ]
        if let parent = span.parentSpanID { parts.append("parent=\(parent)") }
        parts += attributes(span.attributes)
        for link in span.links {
            let words = ["\(link.traceID)-\(link.spanID)"] + attributes(link.attributes)
            parts.append("link=[\(words.joined(separator: " "))]")
        }
        if span.droppedLinkCount > 0 { parts.append("dropped-links=\(span.droppedLinkCount)") }
        for event in span.events {
            let offset = milliseconds(event.time.duration(since: span.start))
            let words = [shown(event.name), "+\(offset)"] + attributes(event.attributes)
            parts.append("event=[\(words.joined(separator: " "))]")
        }
        if case .error(let message) = span.status {
            parts.append(paint("ERROR" + (message.isEmpty ? "" : ": \(shown(message))"), "31", style))
        }
        return parts.joined(separator: " ")
    }

    private static func attributes(_ attributes: Attributes) -> [String] {
        attributes.elements.map { element in
            let text = shown(element.value.description)
            return "\(shown(element.key))=\(text.isEmpty || text.contains(" ") ? "\"\(text)\"" : text)"
        }
    }

    /// Control characters are named rather than obeyed: a span's text comes from anywhere.
    private static func shown(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return text.unicodeScalars.map { isControl($0) ? $0.escaped(asASCII: true) : String($0) }.joined()
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    private static func paint(_ text: String, _ code: String, _ style: Style) -> String {
        style == .colored ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    /// The time of day in UTC.
    private static func time(_ time: Timestamp) -> String {
        let milliseconds = time.nanoseconds / 1_000_000 % 86_400_000
        let seconds = milliseconds / 1000
        let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }
        return "\(clock.joined(separator: ":")).\(padded(milliseconds % 1000, 3))Z"
    }

    private static func milliseconds(_ duration: Duration) -> String {
        let microseconds = Int64(max(-1e15, min(1e15, duration / .microseconds(1))))
        let sign = microseconds < 0 ? "-" : ""
        return "\(sign)\(microseconds.magnitude / 1000).\(padded(microseconds.magnitude % 1000, 3))ms"
    }

    private static func padded(_ number: UInt64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
