// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Spans have to end, within reason, and messages have to be sent before they are worked on.
enum TimeRules {
    private struct Kind: Hashable {
        var service: String
        var name: String
        var kind: SpanKind

        init(_ span: SpanData) {
            service = span.resource.serviceName
            name = span.name
            kind = span.kind
        }
    }

    static func check(_ ground: LintGround, _ findings: inout LintCollector) {
        for span in ground.spans {
            if span.end < span.start {
                findings.add(.unendedSpan, span) {
                    "\(span.hop) \(span.end.nanoseconds == 0 ? "has no end" : "ended before it began")"
                }
            }
            if span.messagingOperation == .process { checkWait(span, ground, &findings) }
        }
        checkLengths(ground, &findings)
    }

    private static func checkLengths(_ ground: LintGround, _ findings: inout LintCollector) {
        let limits = ground.lint.limits
        let longest = Int64(saturating: limits.longestSpan)
        var lengths: [Kind: [Int64]] = [:]
        for span in ground.spans { lengths[Kind(span), default: []].append(span.lengthInNanoseconds) }
        let usual = lengths.compactMapValues { lengths in
            lengths.count < limits.comparedSpans ? nil : lengths.sorted().percentile(90)
        }
        for span in ground.spans {
            let length = span.lengthInNanoseconds
            if length > longest {
                findings.add(.unboundedSpan, span) { "\(span.hop) took \(Duration.nanoseconds(length).inWords)" }
                continue
            }
            guard length > Int64(saturating: limits.longSpan), let usual = usual[Kind(span)],
                length / Int64(clamping: max(1, limits.timesAsLong)) > usual
            else { continue }
            findings.add(.unboundedSpan, span) {
                "\(span.hop) took \(Duration.nanoseconds(length).inWords), while nine of ten of its name take no more than "
                    + Duration.nanoseconds(usual).inWords
            }
        }
    }

    private static func checkWait(_ span: SpanData, _ ground: LintGround, _ findings: inout LintCollector) {
        let limit = Int64(saturating: ground.lint.limits.skew)
        var worst = span.attributes.skew
        for link in span.creationLinks {
            worst = max(worst, link.attributes.skew)
            guard let creation = ground.table[SpanReference(link.context)] else { continue }
            worst = max(worst, creation.start.nanoseconds(after: span.start))
        }
        guard worst > limit else { return }
        findings.add(.negativeWait, span) {
            "\(span.hop) works on a message that seems to have been sent \(Duration.nanoseconds(worst).inWords) later"
        }
    }
}

extension Attributes {
    /// By how much a message seems to come from the future, in nanoseconds; zero if it doesn't.
    fileprivate var skew: Int64 {
        let skew = self[MessagingConventions.Attribute.clockSkew]?.doubleValue ?? 0
        let wait = self[MessagingConventions.Attribute.wait]?.doubleValue ?? 0
        return max(0, Int64(nanosecondsOf: skew) ?? 0, Int64(nanosecondsOf: -wait) ?? 0)
    }
}

extension Duration {
    /// As a person reads it: three figures and a unit.
    var inWords: String {
        let seconds = Double(Int64(saturating: self)) / 1e9
        let units: [(String, Double)] = [("h", 3_600), ("min", 60), ("s", 1), ("ms", 1e-3), ("µs", 1e-6)]
        guard let (unit, size) = units.first(where: { seconds.magnitude >= $0.1 }) else {
            return "\(Int64(saturating: self)) ns"
        }
        let value = seconds / size
        let digits = value.magnitude >= 100 ? 1.0 : value.magnitude >= 10 ? 10 : 100
        let rounded = (value * digits).rounded() / digits
        return rounded == rounded.rounded() ? "\(Int64(rounded)) \(unit)" : "\(rounded) \(unit)"
    }
}
