// SPDX-License-Identifier: Apache-2.0

import TraceFlow

/// Where the time of a flow went, as text.
struct FlowTimeView {
    let time: FlowTime
    let terminal: Terminal

    var text: String {
        let services = min(20, max(7, time.lines.map(\.service.columnCount).max() ?? 0)) + 2
        let whats = (time.lines.map(\.what.columnCount).max() ?? 0) + 2
        let longest = time.lines.map(\.name.columnCount).max() ?? 0
        let names = max(10, min(terminal.width - 23 - services - whats, longest))
        var text = Style.bold.apply(to: time.heading, hasColor: terminal.hasColor) + "\n\n"
        for line in time.lines {
            let row =
                line.share.percentText.rightAligned(in: 7) + line.duration.text.rightAligned(in: 12) + "  "
                + line.service.fitted(to: services) + line.name.fitted(to: names) + "  " + line.what
            text += row.cut(to: terminal.width) + "\n"
        }
        return text
    }
}
