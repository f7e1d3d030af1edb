// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetryData
import TraceFlow

/// What a demo prints at its end: the flow of one order, and how much there was of everything.
struct DemoReport {
    let spans: [SpanData]
    let orders: [Order]
    /// Where they are kept, if they are.
    var store: String?

    /// In how many orders a batch is looked for.
    private static let searched = 50

    func print(asJSON: Bool) throws {
        let index = SpanIndex(spans)
        guard let (order, flow) = mostTelling(index) else {
            throw CommandError.failure("no order left a span, so there is no flow to show")
        }
        let totals = index.totals
        let line = """
            stitched: orders=\(orders.count) traces=\(totals.traces) spans=\(totals.spans) links=\(totals.links) \
            dangling=\(totals.dangling) orphans=\(totals.orphans)

            """
        if asJSON {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            let document = FlowDocument(flow, totals: totals)
            StandardOutput.write(String(decoding: try encoder.encode(document), as: UTF8.self) + "\n")
            StandardError.write(line + again(flow))
        } else {
            StandardOutput.write(heading(order, flow))
            StandardOutput.write(WaterfallView(flow, terminal: .output).text)
            StandardOutput.write("\n" + line + again(flow))
        }
        let problems = index.problems(of: flow)
        guard problems.isEmpty, totals.dangling == 0, totals.orphans == 0 else {
            throw CommandError.failure(
                "the flow is not whole: \(problems.first?.description ?? "spans of other orders are missing")"
            )
        }
    }

    /// The first order whose payment was taken together with others, because that tells more; else the first of all.
    private func mostTelling(_ index: SpanIndex) -> (order: Int64, flow: Flow)? {
        var first: (Int64, Flow)?
        let origins = index.origins.lazy.compactMap { span in
            span.attributes[Storefront.orderID]?.intValue.map { (order: $0, span: span) }
        }
        for origin in origins.prefix(Self.searched) {
            let flow = index.flow(from: origin.span)
            if flow.spans.contains(where: { flow.companions(of: $0) > 0 }) { return (origin.order, flow) }
            if first == nil { first = (origin.order, flow) }
        }
        return first
    }

    /// The command that shows the flow once more.
    private func again(_ flow: Flow) -> String {
        guard let store else { return "" }
        let program = CommandLine.arguments.first ?? "stitch"
        let words = [program, "show", flow.origin.traceID.description, "--store", store]
        return "show it again: " + words.map(\.shellWord).joined(separator: " ") + "\n"
    }

    private func heading(_ order: Int64, _ flow: Flow) -> String {
        let links = flow.spans.reduce(0) { $0 + flow.links(of: $1).count }
        let text = """
            Order \(order): \(flow.services.count) services, \(flow.traceIDs.count) traces, \
            \(flow.spans.count) spans, \(links) links, \(flow.end.duration(since: flow.origin.start).text) from end to end
            """
        return "\n" + Style.bold.apply(to: text, hasColor: Terminal.output.hasColor) + "\n\n"
    }
}

extension String {
    /// The text as one word of a shell.
    fileprivate var shellWord: String {
        let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@%,=")
        guard isEmpty || !allSatisfy(plain.contains) else { return self }
        return "'" + replacing("'", with: "'\\''") + "'"
    }
}
