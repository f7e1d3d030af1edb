// SPDX-License-Identifier: Apache-2.0

/// Names as Prometheus has them: letters, digits and underscores, no digit first.
enum PrometheusName {
    /// The name of a label, or of a part of a metric's name.
    ///
    /// What else stands in it becomes an underscore, several in a row one.
    static func label(_ name: String, prefix: String = "_") -> String {
        converted(name, prefix: prefix, isAllowed: isWord)
    }

    /// The name of a metric, before the suffixes of its type.
    static func metric(_ name: String, unit: String) -> String {
        let name = converted(name, prefix: "_") { isWord($0) || $0 == ":" }
        if unit.isEmpty || name == unit || name.hasSuffix("_\(unit)") { return name }
        return name.hasSuffix("_") ? name + unit : "\(name)_\(unit)"
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_": true
        default: false
        }
    }

    private static func converted(_ name: String, prefix: String, isAllowed: (Unicode.Scalar) -> Bool) -> String {
        var result = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            if isAllowed(scalar), scalar != "_" {
                result.append(scalar)
            } else if result.last != "_" {
                result.append("_")
            }
        }
        let text = String(result)
        // Of a unit there is no first character to mind: it stands behind the name.
        if prefix.isEmpty { return text.split(separator: "_").joined(separator: "_") }
        if let first = text.unicodeScalars.first, !("0"..."9").contains(first) { return text }
        return prefix + text
    }
}
