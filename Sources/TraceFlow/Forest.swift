// SPDX-License-Identifier: Apache-2.0

/// Makes a tree of what says for each of some things which one it stands under.
enum Forest {
    /// Puts what stands under itself in a circle under the first thing of all.
    ///
    /// - Parameters:
    ///   - causes: For each thing the one that it stands under; what is said of the first, the root, doesn't count.
    ///   - cut: Called with each thing that stands under the first from now on: of each circle the one that comes first.
    /// - Returns: All of them, each after the one that it stands under.
    static func cutCircles(_ causes: inout [Int], _ cut: (Int) -> Void) -> [Int] {
        var state = [UInt8](repeating: 0, count: causes.count)
        if !state.isEmpty { state[0] = 2 }
        var order = Array(causes.indices.prefix(1))
        order.reserveCapacity(causes.count)
        for index in causes.indices.dropFirst() where state[index] == 0 {
            var chain: [Int] = []
            var current = index
            while state[current] == 0 {
                state[current] = 1
                chain.append(current)
                current = causes[current]
            }
            if state[current] == 1, let start = chain.firstIndex(of: current) {
                let first = chain[start...].min() ?? current
                causes[first] = 0
                cut(first)
                // The circle is a chain now that ends with the first.
                if let end = chain.firstIndex(of: first) {
                    chain = Array(chain[..<start]) + chain[(end + 1)...] + chain[start...end]
                }
            }
            for node in chain { state[node] = 2 }
            order += chain.reversed()
        }
        return order
    }
}
