// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Which spans have the same resource, and of these the same scope, in order.
struct SpanGroups {
    struct ScopeGroup {
        /// The places of its spans.
        var spans: [Int]
    }

    struct ResourceGroup {
        var scopes: [ScopeGroup]
    }

    var resources: [ResourceGroup] = []

    init(_ spans: [SpanData]) {
        // Most spans are of the same as the one before, so the hash tables are made only when that is not so.
        var places: [Key: (Int, Int)] = [:]
        var resourcePlaces: [Resource: Int] = [:]
        var last: (resource: Int, scope: Int) = (0, 0)
        for index in spans.indices {
            if index > 0, Self.areSame(spans[index - 1], spans[index]) {
                resources[last.resource].scopes[last.scope].spans.append(index)
                continue
            }
            let key = Key(resource: spans[index].resource, scope: spans[index].scope)
            if let place = places[key] {
                last = place
                resources[place.0].scopes[place.1].spans.append(index)
                continue
            }
            let resource = resourcePlaces[key.resource] ?? resources.count
            if resource == resources.count {
                resources.append(ResourceGroup(scopes: []))
                resourcePlaces[key.resource] = resource
            }
            last = (resource, resources[resource].scopes.count)
            places[key] = last
            resources[resource].scopes.append(ScopeGroup(spans: [index]))
        }
    }

    private struct Key: Hashable {
        var resource: Resource
        var scope: InstrumentationScope
    }

    private static func areSame(_ a: borrowing SpanData, _ b: borrowing SpanData) -> Bool {
        a.scope == b.scope && a.resource == b.resource
    }
}

extension SpanGroups.ResourceGroup {
    /// The place of any of its spans.
    var first: Int { scopes[0].spans[0] }
}
