// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetryAPI

/// The labels of a sample, as they are written; nothing where there is none.
struct PrometheusLabels: CustomStringConvertible {
    private var labels: [(name: String, value: String)] = []

    var isEmpty: Bool { labels.isEmpty }

    /// The labels of a point.
    ///
    /// Attributes whose names become one share a label: their values, separated by semicolons, in the order of the names.
    ///
    /// - Parameters:
    ///   - attributes: What the point is of.
    ///   - scope: Who measured it.
    ///   - reserved: A label that the format gives a meaning of its own.
    init(_ attributes: Attributes, scope: InstrumentationScope?, reserved: String? = nil) {
        var pairs = attributes.elements.map { (key: $0.key, value: $0.value.labelValue) }
        if let scope {
            pairs += [
                ("otel_scope_name", scope.name), ("otel_scope_version", scope.version),
                ("otel_scope_schema_url", scope.schemaURL),
            ].filter { !$0.1.isEmpty }
        }
        for pair in pairs.sorted(by: { $0.key < $1.key }) {
            var name = PrometheusName.label(pair.key)
            if name == reserved { name = "exported_\(name)" }
            if let index = labels.firstIndex(where: { $0.name == name }) {
                labels[index].value += ";\(pair.value)"
            } else {
                labels.append((name, pair.value))
            }
        }
        labels.sort { $0.name < $1.name }
    }

    /// The labels of an exemplar: its span, and what else there is room for in 128 characters.
    init(_ exemplar: Exemplar) {
        if let trace = exemplar.traceID { labels.append(("trace_id", trace.description)) }
        if let span = exemplar.spanID { labels.append(("span_id", span.description)) }
        var room = 128 - labels.reduce(0) { $0 + $1.name.count + $1.value.count }
        for label in Self(exemplar.attributes, scope: nil).labels {
            let size = label.name.unicodeScalars.count + label.value.unicodeScalars.count
            guard size <= room, !labels.contains(where: { $0.name == label.name }) else { continue }
            room -= size
            labels.append(label)
        }
    }

    func adding(_ name: String, _ value: String) -> PrometheusLabels {
        var copy = self
        copy.labels.append((name, value))
        return copy
    }

    var description: String {
        if labels.isEmpty { return "" }
        return "{\(labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ","))}"
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}

extension AttributeValue {
    /// The value as text (OpenTelemetry common concepts, `AnyValue` for other protocols): of several values their JSON.
    fileprivate var labelValue: String {
        switch self {
        case .string(let text): text
        case .bytes(let bytes): Self.base64(bytes)
        case .double(let number): Self.text(number)
        case .null: ""
        default: json
        }
    }

    private var json: String {
        switch self {
        case .string(let text): Self.quoted(text)
        case .bool(let truth): truth.description
        case .int(let number): number.description
        case .double(let number): number.isFinite ? number.description : Self.quoted(Self.text(number))
        case .bytes(let bytes): Self.quoted(Self.base64(bytes))
        case .array(let values): "[\(values.map(\.json).joined(separator: ","))]"
        case .map(let values):
            "{\(values.elements.map { "\(Self.quoted($0.key)):\($0.value.json)" }.joined(separator: ","))}"
        case .null: "null"
        }
    }

    private static func text(_ number: Double) -> String {
        number.isNaN ? "NaN" : number.isInfinite ? (number < 0 ? "-Infinity" : "Infinity") : number.description
    }

    private static func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
