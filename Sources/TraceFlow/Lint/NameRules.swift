// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Span names have to be few.
enum NameRules {
    private struct Kind: Hashable {
        var service: String
        var template: NameTemplate
    }

    static func check(_ ground: LintGround, _ findings: inout LintCollector) {
        let limits = ground.lint.limits
        var names: [String: Set<String>] = [:]
        var similar: [Kind: Set<String>] = [:]
        var templates: [String: NameTemplate] = [:]
        for span in ground.spans {
            let service = span.resource.serviceName
            guard names[service, default: []].insert(span.name).inserted else { continue }
            let template = templates[span.name] ?? NameTemplate(span.name)
            templates[span.name] = template
            if template.hasValues { similar[Kind(service: service, template: template), default: []].insert(span.name) }
        }
        let tooMany = similar.filter { $0.value.count > limits.similarNames }
        let told = Set(tooMany.keys.map(\.service))
        guard !tooMany.isEmpty || names.values.contains(where: { $0.count > limits.names }) else { return }
        for span in ground.spans {
            let service = span.resource.serviceName
            if let template = templates[span.name], template.hasValues {
                let kind = Kind(service: service, template: template)
                if let names = tooMany[kind] {
                    findings.add(.highCardinalityName, span, hop: "\(service)\n\(template.text)") {
                        "\(service) has \(names.count) span names like \(template.text), such as \(span.name.prefix(80))"
                    }
                    continue
                }
            }
            let count = names[service]?.count ?? 0
            guard count > limits.names, !told.contains(service) else { continue }
            findings.add(.highCardinalityName, span, hop: service) {
                "\(service) has \(count) span names, such as \(span.name.prefix(80))"
            }
        }
    }
}
