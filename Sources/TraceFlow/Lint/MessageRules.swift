// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Messages have to be sent, acknowledged and worked on.
enum MessageRules {
    private typealias Attribute = MessagingConventions.Attribute

    static func check(_ ground: LintGround, _ findings: inout LintCollector) {
        let reporting = reportingHops(ground)
        for span in ground.spans {
            switch span.messagingOperation {
            case .process: checkWork(span, ground, &findings)
            case .receive: checkPoll(span, ground, &findings)
            case .create: checkCreation(span, ground, &findings)
            case .send where span.lacksReport && reporting.contains(span.lintedHop):
                findings.add(.sendWithoutReport, span) {
                    "\(span.hop) was neither acknowledged nor failed, as others like it were"
                }
            default: break
            }
        }
    }

    /// The hops at which delivery reports are told of.
    private static func reportingHops(_ ground: LintGround) -> Set<String> {
        var hops: Set<String> = []
        for span in ground.table.spans where span.messagingOperation == .send {
            if span.attributes[Attribute.kafkaOffset] != nil { hops.insert(span.lintedHop) }
        }
        return hops
    }

    private static func checkWork(_ span: SpanData, _ ground: LintGround, _ findings: inout LintCollector) {
        for link in span.creationLinks {
            guard let creation = ground.table[SpanReference(link.context)], !creation.sendsMessages else { continue }
            findings.add(.consumerWithoutProducer, span) {
                "\(span.hop) works on a message that carries the context of \(creation.hop), which sends none"
            }
        }
    }

    private static func checkPoll(_ span: SpanData, _ ground: LintGround, _ findings: inout LintCollector) {
        guard ground.isComplete(span), !ground.servicesWithoutAllWork.contains(span.resource.serviceName)
        else { return }
        let messages = span.creationLinks.count
        let idle = ground.idleMessages(of: span).count { ground.knows($0.traceID) }
        guard idle > 0 else { return }
        findings.add(.polledNeverProcessed, span) {
            "\(span.hop) handed over \(messages) message\(messages == 1 ? "" : "s"), of which "
                + "\(span.resource.serviceName) never worked on \(idle)"
        }
    }

    private static func checkCreation(_ span: SpanData, _ ground: LintGround, _ findings: inout LintCollector) {
        guard ground.isUnsent(span), ground.isComplete(span) else { return }
        findings.add(.messageNeverSent, span) { "\(span.hop) created a message that no span sends or works on" }
    }
}

extension SpanData {
    private typealias Attribute = MessagingConventions.Attribute

    /// Whether messages leave with it, or come into being.
    fileprivate var sendsMessages: Bool { kind == .producer || messagingOperation?.isProducing == true }

    /// Whether it sent one message to Kafka and says neither where it lies, nor when it was acknowledged, nor why not.
    ///
    /// Of a message that was sent again and was there already it isn't known where it lies; one that was withdrawn lies
    /// nowhere.
    fileprivate var lacksReport: Bool {
        kind == .producer && batchCount == nil && !hasError && attributes[Attribute.kafkaOffset] == nil
            && attributes[Attribute.acknowledgeLatency] == nil
            && attributes[Attribute.system]?.stringValue == "kafka" && attributes[Attribute.errorType] == nil
            && attributes[Attribute.sendWithdrawn] == nil
    }
}
