// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Keys of attributes have to be few, and so have the values of keys that are meant to have few.
enum AttributeRules {
    /// The keys of which OpenTelemetry's conventions, or Stitch's, say that they have few values.
    static let fewValues: Set<String> = [
        MessagingConventions.Attribute.errorType, MessagingConventions.Attribute.system,
        MessagingConventions.Attribute.operationName, MessagingConventions.Attribute.operationType,
        MessagingConventions.Attribute.consumerGroup, MessagingConventions.Attribute.jobKind,
        MessagingConventions.Attribute.jobQueue, MessagingConventions.Attribute.settleReason, "http.route",
        "http.request.method", "http.response.status_code", "url.scheme", "url.template", "rpc.system", "rpc.method",
        "db.system.name", "db.operation.name", "db.collection.name",
    ]

    /// What is to be counted of a key.
    private enum KeyKind {
        case nothing
        case fewValues
        /// The key holds numbers or ids; without them it looks like this.
        case similar(String)

        init(_ key: String) {
            let template = NameTemplate(key)
            self =
                AttributeRules.fewValues.contains(key)
                ? .fewValues : template.hasValues ? .similar(template.text) : .nothing
        }
    }

    private struct Place: Hashable {
        var service: String
        var name: String
    }

    fileprivate struct Tally {
        var seen: Set<AttributeValue> = []
        /// The first spans, as many as a finding names.
        var spans: [SpanData] = []
    }

    static func check(_ ground: LintGround, _ findings: inout LintCollector) {
        var keys: [Place: Tally] = [:]
        var values: [Place: Tally] = [:]
        var kinds: [String: KeyKind] = [:]
        for span in ground.spans {
            let service = span.resource.serviceName
            for attribute in span.attributes.elements {
                let kind: KeyKind
                if let known = kinds[attribute.key] {
                    kind = known
                } else {
                    kind = KeyKind(attribute.key)
                    kinds[attribute.key] = kind
                }
                switch kind {
                case .nothing: continue
                case .fewValues:
                    let place = Place(service: service, name: attribute.key)
                    values[place, default: Tally()].count(attribute.value, in: span)
                case .similar(let template):
                    keys[Place(service: service, name: template), default: Tally()].count(
                        .string(attribute.key),
                        in: span
                    )
                }
            }
        }
        for (place, tally) in keys where tally.seen.count > ground.lint.limits.similarKeys {
            add(tally, place, &findings) {
                "\(place.service) has \(tally.seen.count) keys of attributes like \(place.name), such as on \($0.hop)"
            }
        }
        for (place, tally) in values where tally.seen.count > ground.lint.limits.values {
            add(tally, place, &findings) {
                "\(place.service) has \(tally.seen.count) values of \(place.name), which is meant to have few, such as on "
                    + $0.hop
            }
        }
    }

    private static func add(
        _ tally: Tally,
        _ place: Place,
        _ findings: inout LintCollector,
        _ text: (SpanData) -> String
    ) {
        for span in tally.spans {
            findings.add(.highCardinalityAttribute, span, hop: "\(place.service)\n\(place.name)") { text(span) }
        }
    }
}

extension AttributeRules.Tally {
    fileprivate mutating func count(_ value: AttributeValue, in span: SpanData) {
        guard seen.insert(value).inserted, spans.count < LintFinding.namedSpans else { return }
        spans.append(span)
    }
}
