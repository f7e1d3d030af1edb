// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// A flow as a page of HTML to attach to a ticket: one file, nothing loaded, no script, everything from spans escaped.
struct FlowPage {
    private let picture: FlowPicture
    private let services: [String: Int]

    /// How many rows a page has.
    static let defaultRows = 2000

    init(_ flow: Flow, maximumRows: Int = defaultRows) {
        picture = FlowPicture(flow, maximumRows: maximumRows)
        services = Dictionary(
            flow.services.enumerated().map { ($0.element, $0.offset % 8) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    var text: String {
        let flow = picture.flow
        let title = HTMLText.escape(flow.origin.name)
        var page = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title)</title>
            <style>
            \(FlowPageStyle.text)
            </style>
            </head>
            <body>
            <h1><bdi>\(title)</bdi></h1>
            <p>\(summary)</p>
            <p class="soft">began \(flow.origin.start.rfc3339), flow <span class="id">\(flow.origin.reference)</span></p>
            <h2>Timeline</h2>
            \(legend)
            <div class="row head"><div>service</div><div>span</div><div class="scale"><span>0</span>\
            <span>\(picture.scale.end.duration(since: picture.scale.start).text)</span></div><div class="time">worked</div></div>

            """
        for row in picture.rows { page += FlowPageRow(row: row, scale: picture.scale, services: services).text }
        for remark in remarks { page += "<p class=\"soft\">\(HTMLText.escape(remark))</p>\n" }
        return page + criticalPath + "</body>\n</html>\n"
    }

    private var summary: String {
        let flow = picture.flow
        let errors = flow.spans.count { $0.hasError }
        let services = flow.services.map { "<bdi>\(HTMLText.escape($0))</bdi>" }.joined(separator: ", ")
        let failed = errors > 0 ? ", <span class=\"bad\">\(errors.grouped) failed</span>" : ""
        return """
            \(flow.spans.count.grouped) spans\(failed) in \(flow.traceIDs.count.grouped) traces over \(services); \
            \(flow.end.duration(since: flow.origin.start).text) from end to end
            """
    }

    private var criticalPath: String {
        let time = FlowTime(picture.flow)
        let rows = time.lines.map { line in
            """
            <tr><td class="number">\(HTMLText.escape(line.share.percentText))</td><td class="number">\(line.duration.text)</td>\
            <td><bdi>\(HTMLText.escape(line.service))</bdi></td><td><bdi>\(HTMLText.escape(line.name))</bdi></td>\
            <td>\(line.what)</td></tr>

            """
        }
        return "<h2>\(time.heading)</h2>\n<table>\n\(rows.joined())</table>\n"
    }

    private var legend: String {
        """
        <p class="legend soft"><i class="s0"></i>worked<i class="wait"></i>waited in a topic or for a worker\
        <i class="wait scheduled"></i>asked for later<i class="wait backoff"></i>backing off<i class="failed"></i>failed\
        <i class="critical"></i>critical path</p>
        """
    }

    private var remarks: [String] {
        var remarks = [picture.scale.gapsText].compactMap { $0 }
        if picture.foldedCount > 0 {
            remarks.append(
                "\(picture.foldedCount.grouped) of \(picture.flow.spans.count.grouped) spans have no row of their own."
            )
        }
        remarks += FlowHeading(flow: picture.flow).remarks
        return remarks
    }
}
