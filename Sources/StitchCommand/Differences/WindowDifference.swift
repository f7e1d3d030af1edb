// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// What is different between flows of one kind in two times, to be printed.
struct WindowDifference {
    private let comparison: WindowComparison

    init(_ comparison: WindowComparison) { self.comparison = comparison }

    private static let mostHops = 50
    private static let mostSuspects = 10

    func text(_ console: Console) -> String {
        let (before, after) = (comparison.before, comparison.after)
        var text = console.paint("\(before.kind)".cut(to: console.terminal.width), .bold) + "\n\n"
        text +=
            TextTable(
                columns: [
                    .init("", longest: 10), .init("FLOWS", isNumber: true), .init("FAILED", isNumber: true),
                    .init("P50", isNumber: true), .init("P95", isNumber: true), .init("P99", isNumber: true),
                ],
                rows: [("before", before), ("after", after)].map { name, profile in
                    let times = [profile.duration.p50, profile.duration.p95, profile.duration.p99]
                    return [name, profile.flows.grouped, profile.errors.grouped]
                        + times.map { profile.duration.count == 0 ? "–" : $0.text }
                }
            ).text(console) + "\n"
        text += hops.text(console)
        let more = comparison.changes.count - Self.mostHops
        if more > 0 { text += "and \(more.grouped) more hops\n" }
        guard !comparison.suspects.isEmpty else { return text }
        text +=
            "\n" + console.paint("What slow flows (from \(comparison.slowFrom.text) on) have more often", .bold) + "\n"
        return text + suspects.text(console)
    }

    /// The hops in the order of how much their own time and their wait changed, each with both changes beside it.
    private var hops: TextTable {
        TextTable(
            columns: [
                .init("HOP"), .init("SERVICE"), .init("OWN P95", isNumber: true), .init("CHANGE", isNumber: true),
                .init("WAIT P95", isNumber: true), .init("CHANGE", isNumber: true), .init("", longest: 4),
            ]
                + ["FAILED", "RETRIES", "OWN P50", "WAIT P50", "TOOK P50", "TOOK P95"].map {
                    .init($0, isNumber: true, isOptional: true)
                },
            rows: comparison.changes.prefix(Self.mostHops).map { change in
                let isBoth = change.before != nil && change.after != nil
                return [
                    change.path.last?.name ?? "", change.path.last?.service ?? "",
                    Self.turn(change, \.ownTime, \.p95), isBoth ? change.p95.signedText : "–",
                    Self.turn(change, \.wait, \.p95), Self.waits(change) ? change.waitP95.signedText : "–",
                    isBoth ? "" : change.before == nil ? "new" : "gone",
                    Self.turn(change.before?.errors, change.after?.errors),
                    Self.turn(change.before?.retries, change.after?.retries),
                    Self.turn(change, \.ownTime, \.p50), Self.turn(change, \.wait, \.p50),
                    Self.turn(change, \.duration, \.p50), Self.turn(change, \.duration, \.p95),
                ]
            }
        )
    }

    private static func waits(_ change: WindowComparison.Change) -> Bool {
        [change.before, change.after].contains { ($0?.wait.count ?? 0) > 0 }
    }

    private static func turn(_ before: Int?, _ after: Int?) -> String {
        let (before, after) = (before ?? 0, after ?? 0)
        return before == after ? after == 0 ? "–" : after.grouped : "\(before.grouped)→\(after.grouped)"
    }

    /// A figure before and after, or once if it reads the same.
    private static func turn(
        _ change: WindowComparison.Change,
        _ lengths: KeyPath<HopStatistics, DurationSummary>,
        _ figure: KeyPath<DurationSummary, Duration>
    ) -> String {
        let texts = [change.before, change.after].compactMap { $0?[keyPath: lengths] }.map {
            $0.count == 0 ? "–" : $0[keyPath: figure].text
        }
        return texts.count == 2 && texts[0] == texts[1] ? texts[0] : texts.joined(separator: "→")
    }

    private var suspects: TextTable {
        TextTable(
            columns: [
                .init("ATTRIBUTE"), .init("VALUE"), .init("SERVICE"), .init("SLOW", isNumber: true),
                .init("OTHERS", isNumber: true), .init("BEFORE", isNumber: true),
            ],
            rows: comparison.suspects.prefix(Self.mostSuspects).map { suspect in
                [suspect.key, suspect.value, suspect.service]
                    + [suspect.slow, suspect.others, suspect.earlier].map {
                        "\($0.fraction.percentText) of \($0.total.grouped)"
                    }
            }
        )
    }

    struct Document: Encodable {
        struct Statistics: Encodable {
            var flows: Int
            var errors: Int
            var retries: Int
            var p50Seconds: Double
            var p95Seconds: Double
            var ownP50Seconds: Double
            var ownP95Seconds: Double
            /// Missing where nothing is known to have waited.
            var waitP50Seconds: Double?
            var waitP95Seconds: Double?
        }

        struct Change: Encodable {
            var path: [String]
            var before: Statistics?
            var after: Statistics?
        }

        struct Suspect: Encodable {
            var service: String
            var key: String
            var value: String
            var slow: Double
            var others: Double
            var before: Double
            var chance: Double
        }

        var service: String
        var name: String
        var flowsBefore: Int
        var flowsAfter: Int
        var slowFromSeconds: Double
        var changes: [Change]
        var suspects: [Suspect]
    }

    var document: Document {
        Document(
            service: comparison.after.kind.service,
            name: comparison.after.kind.name,
            flowsBefore: comparison.before.flows,
            flowsAfter: comparison.after.flows,
            slowFromSeconds: comparison.slowFrom / .seconds(1),
            changes: comparison.changes.map { change in
                Document.Change(
                    path: change.path.hops.map(\.description),
                    before: change.before.map { Document.Statistics($0) },
                    after: change.after.map { Document.Statistics($0) }
                )
            },
            suspects: comparison.suspects.map { suspect in
                Document.Suspect(
                    service: suspect.service,
                    key: suspect.key,
                    value: suspect.value,
                    slow: suspect.slow.fraction,
                    others: suspect.others.fraction,
                    before: suspect.earlier.fraction,
                    chance: suspect.chance
                )
            }
        )
    }
}

extension WindowDifference.Document.Statistics {
    fileprivate init(_ hop: HopStatistics) {
        self.init(
            flows: hop.flows,
            errors: hop.errors,
            retries: hop.retries,
            p50Seconds: hop.duration.p50 / .seconds(1),
            p95Seconds: hop.duration.p95 / .seconds(1),
            ownP50Seconds: hop.ownTime.p50 / .seconds(1),
            ownP95Seconds: hop.ownTime.p95 / .seconds(1),
            waitP50Seconds: hop.wait.count > 0 ? hop.wait.p50 / .seconds(1) : nil,
            waitP95Seconds: hop.wait.count > 0 ? hop.wait.p95 / .seconds(1) : nil
        )
    }
}
