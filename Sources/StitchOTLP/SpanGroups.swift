// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Which spans have the same resource, and of these the same scope, in order.
struct SpanGroups {
    struct ScopeGroup {
        /// The places of its spans, those that follow each other as one range.
        var runs: [Range<Int>]

        /// How many spans it has.
        var count: Int { runs.reduce(0) { $0 + $1.count } }

        /// The place of its first span.
        var first: Int { runs[0].lowerBound }
    }

    struct ResourceGroup {
        var scopes: [ScopeGroup]

        /// The place of its first span.
        var first: Int { scopes[0].first }
    }

    var resources: [ResourceGroup] = []

    init(_ spans: UnsafeBufferPointer<SpanData>) {
        // Most spans are of the same as the one before, so the hash tables are made only when that is not so.
        var places: [Key: (Int, Int)] = [:]
        var resourcePlaces: [Resource: Int] = [:]
        var start = 0
        while start < spans.count {
            let end = SpanData.endOfRun(from: start, in: spans)
            let run = start..<end
            start = end
            let key = Key(resource: spans[run.lowerBound].resource, scope: spans[run.lowerBound].scope)
            if let place = places[key] {
                resources[place.0].scopes[place.1].runs.append(run)
                continue
            }
            let resource = resourcePlaces[key.resource] ?? resources.count
            if resource == resources.count {
                resources.append(ResourceGroup(scopes: []))
                resourcePlaces[key.resource] = resource
            }
            places[key] = (resource, resources[resource].scopes.count)
            resources[resource].scopes.append(ScopeGroup(runs: [run]))
        }
    }

    private struct Key: Hashable {
        var resource: Resource
        var scope: InstrumentationScope
    }
}
