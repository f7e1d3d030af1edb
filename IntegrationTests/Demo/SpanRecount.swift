// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Counts what is in a file of OTLP JSON lines, by Foundation's JSON alone: nothing of Stitch reads it.
struct SpanRecount {
    private(set) var spans: [[String: Any]] = []

    init(contentsOf file: URL) throws {
        for line in try Data(contentsOf: file).split(separator: UInt8(ascii: "\n")) {
            let request = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
            for resource in request?["resourceSpans"] as? [[String: Any]] ?? [] {
                for scope in resource["scopeSpans"] as? [[String: Any]] ?? [] {
                    spans += scope["spans"] as? [[String: Any]] ?? []
                }
            }
        }
    }

    private static func id(_ object: [String: Any]) -> String {
        "\(object["traceId"] ?? "")/\(object["spanId"] ?? "")"
    }

    static func links(_ span: [String: Any]) -> [[String: Any]] { span["links"] as? [[String: Any]] ?? [] }

    /// The same totals that the demo prints, `orders` excepted.
    var totals: [String: Int] {
        let ids = Set(spans.map(Self.id))
        let links = spans.flatMap(Self.links)
        let orphans = spans.filter { span in
            guard let parent = span["parentSpanId"] as? String, !parent.isEmpty else { return false }
            return !ids.contains("\(span["traceId"] ?? "")/\(parent)")
        }
        return [
            "traces": Set(spans.compactMap { $0["traceId"] as? String }).count,
            "spans": ids.count,
            "links": links.count,
            "dangling": links.count { !ids.contains(Self.id($0)) },
            "orphans": orphans.count,
        ]
    }

    /// How many spans there are of each name.
    var names: [String: Int] {
        Dictionary(spans.map { ($0["name"] as? String ?? "", 1) }, uniquingKeysWith: +)
    }

    /// How many messages the batches of a name had.
    func messages(inBatches name: String) -> Int {
        spans.filter { $0["name"] as? String == name }.reduce(0) { $0 + Self.links($1).count }
    }
}
