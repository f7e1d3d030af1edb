// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Messages have to bring their context, once, and retries have to say what they repeat.
enum ContextRules {
    private struct Way: Hashable {
        var destination: String
        var service: String

        init(_ span: SpanData) {
            destination = span.destination ?? "an unnamed destination"
            service = span.resource.serviceName
        }
    }

    private struct Share {
        var messages = 0
        var lacking = 0

        var percent: Int { messages == 0 ? 0 : Int((100 * Double(lacking) / Double(messages)).rounded()) }
    }

    static func check(_ ground: LintGround, _ findings: inout LintCollector) {
        checkLinks(ground, &findings)
        checkDuplicates(ground, &findings)
        checkRetries(ground, &findings)
    }

    private static func checkLinks(_ ground: LintGround, _ findings: inout LintCollector) {
        var shares: [Way: Share] = [:]
        for span in ground.spans where span.messagingOperation == .process {
            var share = shares[Way(span)] ?? Share()
            share.messages = share.messages.addingSaturated(span.messageCount)
            share.lacking = share.lacking.addingSaturated(span.lackingCreationLinks)
            shares[Way(span)] = share
        }
        let limits = ground.lint.limits
        for span in ground.spans where span.messagingOperation == .process {
            let way = Way(span)
            guard let lack = span.missingCreationLinks, let share = shares[way] else { continue }
            let isWhole =
                share.messages >= limits.edgeMessages
                && Double(share.lacking) >= limits.edgeShare * Double(share.messages)
            guard isWhole else {
                findings.add(.missingCreationLink, span) { "\(span.hop) \(lack)" }
                continue
            }
            findings.add(.edgeWithoutContext, span, hop: "\(way.destination)\n\(way.service)") {
                let part = "\(share.lacking) of \(share.messages) messages (\(share.percent) %) of \(way.destination)"
                return "\(part) reached \(way.service) without a context that can be read, first at \(span.hop)"
            }
        }
    }

    private static func checkDuplicates(_ ground: LintGround, _ findings: inout LintCollector) {
        for span in ground.spans where span.messagingOperation == .process {
            let hasOwn = span.attributes.tellContextFlaw(.duplicate)
            guard hasOwn || span.links.contains(where: { $0.attributes.tellContextFlaw(.duplicate) }) else { continue }
            findings.add(.duplicateContextHeader, span) {
                "\(span.hop) works on a message that carries a trace field more than once"
            }
        }
    }

    private static func checkRetries(_ ground: LintGround, _ findings: inout LintCollector) {
        let lacking = ground.spans.filter { span in
            (span.attempt ?? 0) > 1 && !span.links.contains { $0.role == .previousAttempt }
        }
        guard !lacking.isEmpty else { return }
        var attempts: [MessageName: [SpanData]] = [:]
        for span in lacking { if let message = span.messageName { attempts[message] = [] } }
        for span in ground.table.spans where span.attempt != nil {
            if let message = span.messageName { attempts[message]?.append(span) }
        }
        for span in lacking {
            guard let attempt = span.attempt else { continue }
            findings.add(.retryWithoutLink, span) {
                let others = span.messageName.flatMap { attempts[$0] } ?? []
                let before = others.first { $0.attempt == attempt - 1 }.map { ", which was \($0.hop)" } ?? ""
                return "\(span.hop) is attempt \(attempt) and has no link to attempt \(attempt - 1)\(before)"
            }
        }
    }
}

extension Attributes {
    /// Whether they tell of this flaw.
    fileprivate func tellContextFlaw(_ flaw: MessagingConventions.ContextFlaw) -> Bool {
        switch self[MessagingConventions.Attribute.contextFlaws] {
        case .string(let text): text == flaw.rawValue
        case .array(let values): values.contains(.string(flaw.rawValue))
        default: false
        }
    }
}
