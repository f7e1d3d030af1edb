// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// `stitch volume`.
enum VolumeCommand: Command {
    private static let defaultRows = 15
    private static let defaultFlows = 2_000

    static let description = CommandDescription(
        name: "volume",
        summary: "tell what tracing costs: spans and bytes by service, name and attribute",
        text: """
            Counts spans and their bytes by service, by name and by attribute, how many different values attributes have,
            which spans were never on a critical path, and whether it is getting more: what tracing costs and what of it
            is noise. Bytes are those of OTLP, before compression.
            """,
        options: SpanSource.options + FlowWindow.options + [
            OptionDescription("rows", "N", "how many lines each table has; \(defaultRows) unless given"),
            OptionDescription(
                "flows",
                "N",
                "how many flows are looked at for critical paths; \(defaultFlows) unless given"
            ),
            OptionDescription("json", nil, "print JSON, for programs"),
        ],
        examples: [
            .init("stitch volume --file shop.otlp.jsonl", "what is in a file"),
            .init("stitch volume --store spans --since 1d --json", "a day, for programs"),
        ]
    )

    static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> Int32 {
        let rows = try arguments.number("rows", in: 1...100_000) ?? defaultRows
        let most = try arguments.number("flows", in: 0...1_000_000) ?? defaultFlows
        let request = try FlowRequest(arguments)
        let store = try await SpanSource.open(arguments, console)
        let (spans, isWhole) = try await FlowWindow(arguments, store).spans(from: request.from, to: request.to)
        var counter = VolumeCounter()
        for span in spans { counter.add(span) }
        let index = SpanIndex(spans)
        for origin in index.origins.suffix(most) {
            let flow = index.flow(from: origin)
            counter.note(flow, critical: Set(CriticalPath(flow).segments.map(\.span)))
        }
        let volume = counter.volume
        if !isWhole { console.tell("only the newest \(spans.count.grouped) spans were looked at; --limit takes more") }
        try console.write(
            arguments.has("json")
                ? JSONText.page(VolumeDocument(volume)) : VolumeView(volume: volume, rows: rows).text(console)
        )
        return 0
    }
}

/// Volume as text.
private struct VolumeView {
    let volume: Volume
    let rows: Int

    func text(_ console: Console) -> String {
        let growth = volume.growth.map { ", \($0.rateText) times as many in the later half as in the earlier" } ?? ""
        let title = "\(volume.total.spans.grouped) spans, \(volume.total.bytes.byteText)\(growth)"
        var text = console.paint(title.cut(to: console.terminal.width), .bold) + "\n"
        text += table(volume.services.map { ([$0.name], $0.amount) }, ["SERVICE"], console)
        text += table(volume.names.map { ([$0.name, $0.service], $0.amount) }, ["SPAN", "SERVICE"], console)
        text += attributes.map { "\n" + $0.text(console) } ?? ""
        let idle = volume.neverCritical
        if !idle.isEmpty {
            text += "\n" + console.paint("Never on a critical path", .bold) + "\n"
            text += table(idle.map { ([$0.name, $0.service], $0.amount) }, ["SPAN", "SERVICE"], console).dropFirst()
        }
        return text
    }

    private func table(

        _ lines: [(names: [String], amount: Volume.Amount)],
        _ titles: [String],
        _ console: Console
    ) -> String {
        guard !lines.isEmpty else { return "" }
        let table = TextTable(
            columns: titles.map { .init($0) } + Self.amounts,
            rows: lines.prefix(rows).map { $0.names + cells($0.amount) }
        )
        return "\n" + table.text(console) + rest(lines.count)
    }

    private static let amounts: [TextTable.Column] = [
        .init("SPANS", isNumber: true), .init("BYTES", isNumber: true), .init("SHARE", isNumber: true),
    ]

    private func cells(_ amount: Volume.Amount) -> [String] {
        let share = volume.total.bytes > 0 ? Double(amount.bytes) / Double(volume.total.bytes) : 0
        return [amount.spans.grouped, amount.bytes.byteText, share.percentText]
    }

    private func rest(_ count: Int) -> String { count > rows ? "and \((count - rows).grouped) more\n" : "" }

    private var attributes: TextTable? {
        guard !volume.attributes.isEmpty else { return nil }
        return TextTable(
            columns: [.init("ATTRIBUTE")] + Self.amounts + [.init("VALUES", isNumber: true)],
            rows: volume.attributes.prefix(rows).map { [$0.key] + cells($0.amount) + [$0.values.description] }
        )
    }
}

extension Int {
    /// So many bytes: `512 B`, `3.1 MB`.
    var byteText: String {
        let units = ["kB", "MB", "GB", "TB", "PB", "EB"]
        guard magnitude >= 1000 else { return "\(self) B" }
        var value = Double(self)
        var unit = -1
        while abs(value) >= 999.5, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return "\(value.rateText) \(units[unit])"
    }
}

/// Volume as JSON.
private struct VolumeDocument: Encodable {
    struct Entry: Encodable {
        var service: String?
        var name: String?
        var key: String?
        var spans: Int
        var bytes: Int
        var values: String?
        var inFlows: Int?
        var critical: Int?
    }

    var spans: Int
    var bytes: Int
    var growth: Double?
    var services: [Entry]
    var names: [Entry]
    var attributes: [Entry]

    init(_ volume: Volume) {
        spans = volume.total.spans
        bytes = volume.total.bytes
        growth = volume.growth
        services = volume.services.map { Entry(service: $0.name, spans: $0.amount.spans, bytes: $0.amount.bytes) }
        names = volume.names.map { name in
            Entry(
                service: name.service,
                name: name.name,
                spans: name.amount.spans,
                bytes: name.amount.bytes,
                inFlows: name.inFlows,
                critical: name.critical
            )
        }
        attributes = volume.attributes.map { attribute in
            Entry(
                key: attribute.key,
                spans: attribute.amount.spans,
                bytes: attribute.amount.bytes,
                values: attribute.values.description
            )
        }
    }
}
