// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Puts what the rules find into findings: one for each code and hop.
struct LintCollector {
    private struct Place: Hashable {
        var code: LintCode
        var hop: String
    }

    private struct Collected {
        var spans: [SpanReference]
        var count: Int
        var text: String
    }

    private var places: [Place: Collected] = [:]
    private(set) var explained: [LintReport.EndExplanation: Int] = [:]

    /// Something was found in a span.
    ///
    /// What has the same `hop`, the span's service, name and destination unless given, is told together. The sentence is
    /// asked for once.
    mutating func add(_ code: LintCode, _ span: SpanData, hop: String? = nil, _ text: () -> String) {
        let place = Place(code: code, hop: hop ?? span.lintedHop)
        guard var found = places.removeValue(forKey: place) else {
            places[place] = Collected(spans: [span.reference], count: 1, text: text())
            return
        }
        found.count += 1
        if found.spans.count < LintFinding.namedSpans { found.spans.append(span.reference) }
        places[place] = found
    }

    /// A span isn't there, for a reason that is known.
    mutating func explain(_ reason: LintReport.EndExplanation) { explained[reason, default: 0] += 1 }

    func report(_ ground: LintGround) -> LintReport {
        let ranks = Dictionary(LintCode.all.enumerated().map { ($1, $0) }) { first, _ in first }
        func key(_ found: (key: Place, value: Collected)) -> (LintCode.Severity, Int, Int, String) {
            let position = found.value.spans.first.flatMap { ground.table.position($0) } ?? 0
            return (found.key.code.severity, ranks[found.key.code] ?? ranks.count, position, found.key.hop)
        }
        let findings = places.sorted { key($0) < key($1) }.map { place, found in
            LintFinding(
                code: place.code,
                spans: found.spans,
                count: found.count,
                description: found.text + (found.count > 1 ? "; so it is with \(found.count - 1) more spans" : "")
            )
        }
        let spans = ground.table.spans.count - ground.outside.count
        return LintReport(findings: findings, explainedEnds: explained, spans: spans)
    }
}

extension SpanData {
    /// What is told together: spans of one name, of one service, about one topic.
    var lintedHop: String { "\(resource.serviceName)\n\(name)\n\(destination ?? "")" }
}
