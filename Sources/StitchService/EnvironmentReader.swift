// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Reads settings by name from an environment, as OpenTelemetry's "Configuration: Common" says: what is empty is not set,
/// and what can't be read is noted by name and then not set either.
///
/// Pure. No warning repeats a value, which may hold a secret.
package struct EnvironmentReader {
    private let values: [String: String]
    package private(set) var warnings: [String] = []
    /// What was asked for so far, for a test of what is documented.
    package private(set) var names: [String] = []

    package init(_ values: [String: String]) { self.values = values }

    /// A text without white space round it; `nil` if it isn't set.
    package mutating func text(_ name: String) -> String? {
        names.append(name)
        guard let value = values[name] else { return nil }
        let text = value.trimmingBlanks
        return text.isEmpty ? nil : text
    }

    /// The parts of a list; empty if it isn't set.
    package mutating func list(_ name: String) -> [String] {
        (text(name) ?? "").split(separator: ",").map { String($0).trimmingBlanks }.filter { !$0.isEmpty }
    }

    package mutating func ignore(_ name: String, _ reason: String) {
        warn("\(name) is ignored: \(reason)")
    }

    /// Says that a part of a list is ignored, the others not.
    package mutating func ignorePart(of name: String, _ reason: String) {
        warn("a part of \(name) is ignored: \(reason)")
    }

    /// Once, also if a variable is read for several purposes.
    private mutating func warn(_ warning: String) {
        if !warnings.contains(warning) { warnings.append(warning) }
    }

    /// A whole number from `minimum`.
    package mutating func number(_ name: String, from minimum: Int = 0) -> Int? {
        guard let text = text(name) else { return nil }
        if let number = Int(text), number >= minimum { return number }
        ignore(name, "it must be a whole number from \(minimum)")
        return nil
    }

    /// A whole number of milliseconds, from 0.
    package mutating func duration(_ name: String) -> Duration? {
        guard let text = text(name) else { return nil }
        if let number = Int(text), number >= 0 { return .milliseconds(number) }
        ignore(name, "it must be a whole number of milliseconds, from 0")
        return nil
    }

    /// A duration after which something is given up; zero sets no limit.
    package mutating func timeout(_ name: String) -> Duration? {
        duration(name).map { $0 == .zero ? Self.noLimit : $0 }
    }

    /// Only `true`, in whatever case, is true.
    package mutating func flag(_ name: String) -> Bool {
        guard let text = text(name)?.lowercased() else { return false }
        if text != "true", text != "false" { ignore(name, "it must be true or false") }
        return text == "true"
    }

    /// One of several words, in whatever case.
    package mutating func choice<Value>(_ name: String, _ choices: [(word: String, value: Value)]) -> Value? {
        guard let text = text(name)?.lowercased() else { return nil }
        if let choice = choices.first(where: { $0.word == text }) { return choice.value }
        ignore(name, "it must be one of \(choices.map(\.word).joined(separator: ", "))")
        return nil
    }

    /// Several of several words, each once, in whatever case; `none` stands for none of them and alone.
    ///
    /// - Returns: `nil` if nothing is set, or nothing that can be read.
    package mutating func choices<Value>(_ name: String, _ choices: [(word: String, value: Value)]) -> [Value]? {
        let words = list(name).map { $0.lowercased() }
        if words == ["none"] { return [] }
        var found: [String] = []
        var values: [Value] = []
        for word in words where !found.contains(word) {
            found.append(word)
            if let choice = choices.first(where: { $0.word == word }) {
                values.append(choice.value)
            } else if word == "none" {
                warn("none in \(name) is ignored: it must stand alone")
            } else {
                let known = choices.map(\.word).joined(separator: ", ")
                ignorePart(of: name, "each must be one of \(known), or none alone")
            }
        }
        return values.isEmpty ? nil : values
    }

    /// `key=value` pairs in the form of W3C Baggage: percent-coded values, no properties.
    ///
    /// - Returns: `nil` if nothing is set, or if a part can't be read.
    ///
    /// - Parameters:
    ///   - name: The variable.
    ///   - isCoded: Whether names are percent-coded too, as those of a resource's attributes are, and not names of HTTP.
    package mutating func pairs(_ name: String, codedNames isCoded: Bool = false) -> [(name: String, value: String)]? {
        guard text(name) != nil else { return nil }
        var pairs: [(name: String, value: String)] = []
        for part in list(name) {
            guard let pair = Self.pair(part, codedNames: isCoded) else {
                ignore(name, "it must be key=value pairs with commas between them, other characters as %XX")
                return nil
            }
            pairs.append(pair)
        }
        return pairs
    }

    /// Tells the warnings, as those of the module that asks.
    package func tell(fileID: StaticString = #fileID) {
        for warning in warnings { Diagnostics.log(.warning, warning, fileID: fileID) }
    }

    /// What a limit is that isn't one: a year.
    package static let noLimit = Duration.seconds(365 * 24 * 60 * 60)

    private static func pair(_ text: String, codedNames isCoded: Bool) -> (name: String, value: String)? {
        guard let equals = text.firstIndex(of: "=") else { return nil }
        let key = String(text[..<equals]).trimmingBlanks
        let value = String(text[equals...].dropFirst()).trimmingBlanks
        guard !key.isEmpty, isCoded || key.utf8.allSatisfy(isKeyByte), let value = value.removingPercentEncoding,
            let name = isCoded ? key.removingPercentEncoding : key
        else { return nil }
        return (name, value)
    }

    /// The characters of a token of HTTP.
    private static func isKeyByte(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7f && !"\"(),/:;<=>?@[\\]{}".utf8.contains(byte)
    }
}

extension String {
    /// Without white space round it, such as the end of the line that a secret's file ends with.
    fileprivate var trimmingBlanks: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
