// SPDX-License-Identifier: Apache-2.0

/// Where in flows a hop is: what led to it, from the origin, each by service and name.
public struct HopPath: Sendable, Hashable, CustomStringConvertible {
    /// One span's place.
    public struct Hop: Sendable, Hashable, CustomStringConvertible {
        /// The service.
        public let service: String

        /// The span's name.
        public let name: String

        /// `name (service)`.
        public var description: String { "\(name) (\(service))" }
    }

    /// How many hops a path names at most.
    public static let namedHops = 8

    /// How many hops there are from the origin to this one, 0 for the origin.
    public let depth: Int

    /// The last hops, at most ``namedHops``, this one last.
    public let hops: [Hop]

    /// This hop itself; `nil` never, unless the path names nothing.
    public var last: Hop? { hops.last }

    /// The hops, in the order in which they follow.
    public var description: String {
        let names = hops.map(\.description).joined(separator: " › ")
        return hops.count <= depth ? "… › " + names : names
    }
}

/// Gives each path of hops a number, the same for the same path in all flows that it is asked for.
///
/// A path is its last hop and the number of what leads to it, so that it costs the same however long it is.
struct HopPaths: Sendable {
    private struct Step: Hashable {
        var parent: Int
        var hop: HopPath.Hop
    }

    private var numbers: [Step: Int] = [:]
    private var steps: [Step] = []
    private var depths: [Int] = []

    /// How many there are: each has a number below.
    var count: Int { steps.count }

    /// The number of the path that goes on from another, or -1 for an origin, by a hop.
    mutating func number(after parent: Int, _ hop: HopPath.Hop) -> Int {
        let step = Step(parent: parent, hop: hop)
        if let number = numbers[step] { return number }
        let number = steps.count
        numbers[step] = number
        steps.append(step)
        depths.append(depths.indices.contains(parent) ? depths[parent] + 1 : 0)
        return number
    }

    /// The path of a number.
    subscript(number: Int) -> HopPath {
        var hops: [HopPath.Hop] = []
        var next = number
        while steps.indices.contains(next), hops.count < HopPath.namedHops {
            hops.append(steps[next].hop)
            next = steps[next].parent
        }
        return HopPath(depth: depths.indices.contains(number) ? depths[number] : 0, hops: hops.reversed())
    }
}
