// SPDX-License-Identifier: Apache-2.0

/// Reads samples from text in either of Prometheus's formats, one character after the other.
struct PrometheusReader {
    struct Sample: Hashable {
        var name: String
        var labels: [String: String]
    }

    struct Malformed: Error {
        var line: Substring
    }

    static func samples(of text: String) throws -> [Sample: Double] {
        var samples: [Sample: Double] = [:]
        guard text.isEmpty || text.hasSuffix("\n") else { throw Malformed(line: text[...]) }
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            var reader = PrometheusReader(line: line, rest: line)
            let (sample, value) = try reader.sample()
            guard samples.updateValue(value, forKey: sample) == nil else { throw Malformed(line: line) }
        }
        return samples
    }

    private let line: Substring
    private var rest: Substring

    private mutating func sample() throws -> (Sample, Double) {
        let name = word()
        var labels: [String: String] = [:]
        if rest.first == "{" {
            repeat {
                rest.removeFirst()
                let label = word()
                try expect("=")
                guard labels.updateValue(try quoted(), forKey: label) == nil else { throw Malformed(line: line) }
            } while rest.first == ","
            try expect("}")
        }
        try expect(" ")
        guard let number = Double(rest.prefix { $0 != " " }) else { throw Malformed(line: line) }
        return (Sample(name: name, labels: labels), number)
    }

    private mutating func word() -> String {
        let word = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") }
        rest.removeFirst(word.count)
        return String(word)
    }

    private mutating func quoted() throws -> String {
        try expect("\"")
        var text = ""
        while let character = rest.popFirst() {
            switch character {
            case "\"": return text
            case "\\":
                switch rest.popFirst() {
                case "n": text += "\n"
                case let other?: text.append(other)
                case nil: throw Malformed(line: line)
                }
            default: text.append(character)
            }
        }
        throw Malformed(line: line)
    }

    private mutating func expect(_ character: Character) throws {
        guard rest.popFirst() == character else { throw Malformed(line: line) }
    }
}
