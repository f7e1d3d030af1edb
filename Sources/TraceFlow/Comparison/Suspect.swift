// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// A value of an attribute that slow flows have much more often than the others.
///
/// It is no proof that it is the reason. A value is told of only if chance would hardly ever bring it together with slow
/// flows so often: by Fisher's exact test, for all values that were looked at together, less than once in a thousand
/// comparisons. So a few flows with a rare value are told of, and two of two never are.
public struct Suspect: Sendable, Hashable {
    /// The service whose spans, or whose resource, have it.
    public let service: String

    /// The attribute's key.
    public let key: String

    /// Its value, as text.
    public let value: String

    /// In how many flows of how many it is.
    public struct Share: Sendable, Hashable {
        /// How many flows have it.
        public let flows: Int

        /// How many flows there are.
        public let total: Int

        /// The share, from 0 to 1.
        public var fraction: Double { total == 0 ? 0 : Double(flows) / Double(total) }
    }

    /// Among the slow.
    public let slow: Share

    /// Among the others of the same window.
    public let others: Share

    /// In the window before.
    public fileprivate(set) var earlier: Share

    /// How often chance alone would put any of the values that were looked at on so many slow flows, at the most, from 0 to 1.
    public let chance: Double

    /// From which chance on nothing is told.
    public static let largestChance = 0.001

    /// How many slow flows must have it at the least.
    public static let leastFlows = 5
}

extension Suspect {
    private struct Value: Hashable, Comparable {
        var service: String
        var key: String
        var value: String

        static func < (a: Value, b: Value) -> Bool {
            (a.service, a.key, a.value) < (b.service, b.key, b.value)
        }
    }

    /// How long a value is at most, in bytes: a longer one is no category.
    private static let valueLength = 200

    static func all(of flows: [Flow], earlier: [Flow], isSlow: (Flow) -> Bool) -> [Suspect] {
        let slow = flows.filter(isSlow)
        // Whatever few have is left out at once: most values are ids.
        let counts = counts(flows) { _ in true }.filter { $0.value >= leastFlows }
        let slowCounts = Self.counts(slow) { counts[$0] != nil }.filter { $0.value >= leastFlows }
        let found = slowCounts.compactMap { value, count -> (Value, Suspect)? in
            let all = counts[value] ?? count
            let own = ExactTest.chance(of: count, among: slow.count, when: all, of: flows.count)
            // Each value that is looked at is a chance to be wrong.
            let chance = min(1, own * Double(counts.count))
            guard chance < largestChance else { return nil }
            let suspect = Suspect(
                service: value.service,
                key: value.key,
                value: value.value,
                slow: Share(flows: count, total: slow.count),
                others: Share(flows: all - count, total: flows.count - slow.count),
                earlier: Share(flows: 0, total: earlier.count),
                chance: chance
            )
            return (value, suspect)
        }
        guard !found.isEmpty else { return [] }
        let told = Set(found.map(\.0))
        let earlierCounts = Self.counts(earlier) { told.contains($0) }
        return found.sorted { a, b in
            let gaps = [a.1, b.1].map { $0.slow.fraction - $0.others.fraction }
            return gaps[0] == gaps[1] ? a.0 < b.0 : gaps[0] > gaps[1]
        }.map { value, suspect in
            var suspect = suspect
            suspect.earlier = Share(flows: earlierCounts[value] ?? 0, total: earlier.count)
            return suspect
        }
    }

    /// In how many flows each value is.
    private static func counts(_ flows: [Flow], where counts: (Value) -> Bool) -> [Value: Int] {
        var result: [Value: Int] = [:]
        for flow in flows {
            var seen: Set<Value> = []
            for span in flow.spans {
                let service = span.resource.serviceName
                for attribute in span.attributes.elements + span.resource.attributes.elements {
                    // No two measurements are the same; durations are compared as such.
                    if case .double = attribute.value { continue }
                    let text = attribute.value.description
                    guard text.utf8.count <= valueLength else { continue }
                    let value = Value(service: service, key: attribute.key, value: text)
                    if counts(value), seen.insert(value).inserted { result[value, default: 0] += 1 }
                }
            }
        }
        return result
    }
}
