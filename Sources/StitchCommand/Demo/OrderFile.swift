// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Orders read from JSON lines; what is no order is told by line, and the others are taken.
struct OrderFile {
    private(set) var orders: [Order] = []
    /// What is wrong with which line, in order.
    private(set) var problems: [String] = []

    /// Reads a file's lines; empty ones are passed over.
    init(_ data: Data, name: String) {
        let decoder = JSONDecoder()
        var ids: Set<Int> = []
        for (index, line) in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            guard line.contains(where: { !Self.isBlank($0) }) else { continue }
            do {
                let order = try decoder.decode(Order.self, from: Data(line))
                if ids.insert(order.id).inserted {
                    orders.append(order)
                } else {
                    problems.append("\(name) line \(index + 1): order \(order.id) is there already")
                }
            } catch {
                problems.append("\(name) line \(index + 1): \(Self.explain(error))")
            }
        }
    }

    /// So many orders: the first of the file, or all of them again and again under new ids.
    func orders(count: Int?) -> [Order] {
        guard let count, !orders.isEmpty else { return orders }
        let highest = orders.map(\.id).max() ?? 0
        return (0..<count).map { index in
            var order = orders[index % orders.count]
            if index >= orders.count { order.id = highest &+ 1 &+ (index - orders.count) }
            return order
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0d].contains(byte) }

    private static func explain(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "an order has a \"\(key.stringValue)\", this line has none"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            context.codingPath.last.map { "\"\($0.stringValue)\" is not what an order has there" }
                ?? "this is not a JSON object"
        default: "this is not JSON"
        }
    }
}
