// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow

/// A row of a page: what a waterfall has, and what its spans say, to be unfolded.
struct FlowPageRow {
    let row: FlowPicture.Row
    let scale: TimeScale
    let services: [String: Int]

    /// More attributes and events of one span are only counted.
    private static let mostEntries = 100
    /// More levels are not indented further.
    private static let deepest = 24
    /// More spans of one row are not told of one by one.
    private static let mostSpans = 20

    var text: String {
        let notes =
            row.notes.isEmpty
            ? "" : "<div class=\"note\">\(row.notes.map(HTMLText.escape).joined(separator: " · "))</div>\n"
        guard !row.spans.isEmpty else { return line(tag: "div") + notes }
        let spans = row.spans.prefix(Self.mostSpans).map { details(of: $0) }.joined()
        return "<details>\(line(tag: "summary"))<div class=\"more\">\(spans)</div></details>\n\(notes)"
    }

    private func line(tag: String) -> String {
        let indent = min(row.depth, Self.deepest)
        let depth = row.depth > Self.deepest ? "‹\(row.depth)› " : ""
        let failed = row.hasFailed ? " class=\"bad\"" : ""
        return """
            <\(tag) class="row"><span><bdi>\(HTMLText.escape(row.service))</bdi></span>\
            <span style="padding-left:\(indent)em"\(failed)>\(depth)<bdi>\(HTMLText.escape(row.label))</bdi></span>\
            <span class="track">\(bars)</span><span class="time">\(row.worked?.text ?? "")</span></\(tag)>
            """
    }

    private var bars: String {
        let gaps = scale.gaps.map { bar($0.start, $0.end, "gap", $0.duration.text + " in which nothing ran") }
        let bars = row.bars.map { bar -> String in
            let length = bar.end.duration(since: bar.start).text
            return switch bar.kind {
            case .wait(let reason):
                self.bar(bar.start, bar.end, "wait \(reason.rawValue)", "waited \(length) \(reason.text)")
            case .work(let hasFailed):
                self.bar(
                    bar.start,
                    bar.end,
                    hasFailed ? "failed" : "s\(services[row.service] ?? 0)",
                    "worked \(length)"
                )
            }
        }
        let critical = row.critical.map { bar($0.start, $0.end, "critical", "on the critical path") }
        return (gaps + bars + critical).joined()
    }

    private func bar(_ from: Timestamp, _ to: Timestamp, _ style: String, _ title: String) -> String {
        let left = scale.position(from)
        let width = HTMLText.percent(max(0, scale.position(to) - left))
        return
            "<i class=\"\(style)\" style=\"left:\(HTMLText.percent(left));width:\(width)\" title=\"\(HTMLText.escape(title))\"></i>"
    }

    private func details(of span: SpanData) -> String {
        var rows: [(String, String)] = [
            ("span", span.reference.description), ("kind", "\(span.kind)"), ("start", span.start.rfc3339),
            ("took", span.duration.text),
        ]
        if let error = span.status.message { rows.append(("failed", error)) }
        rows += span.attributes.elements.prefix(Self.mostEntries).map { ($0.key, $0.value.description) }
        let rest = span.attributes.count - Self.mostEntries
        if rest > 0 { rows.append(("…", "\(rest) more attributes")) }
        for event in span.events.prefix(Self.mostEntries) {
            let attributes = event.attributes.elements.prefix(Self.mostEntries).map { "\($0.key)=\($0.value)" }
            let time = event.time.duration(since: span.start).text
            rows.append(("at \(time)", ([event.name] + attributes).joined(separator: "\n")))
        }
        let table = rows.map { key, value in
            "<tr><th><bdi>\(HTMLText.escape(key))</bdi></th><td><bdi>\(HTMLText.escape(value))</bdi></td></tr>"
        }
        return "<table>\(table.joined())</table>\n"
    }
}
