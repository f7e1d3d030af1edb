// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Which rows of a waterfall are shown, and which are folded into one.
///
/// Of spans alike beside each other those are shown first below which something failed, then the earliest. Where rows are
/// limited, those that stand less deep come first.
struct WaterfallFold {
    /// A row that is shown: a unit, or what is folded, called by its first unit.
    struct Entry {
        var unit: Int
        var fold: Waterfall.Fold?
    }

    private struct Kind: Hashable {
        let service, name: String
    }

    /// The rows under each unit that is shown, in order.
    private(set) var entries: [Int: [Entry]] = [:]

    init(_ placement: Placement, _ options: Waterfall.Options) {
        // Each unit that is shown has a row set aside for what is under it, so that nothing is left out unsaid.
        var room = options.maximumRows.map { max(1, $0) - 1 } ?? .max
        var shown = [0]
        var position = 0
        func cost(_ entry: Entry) -> Int { entry.fold == nil && placement.effects[entry.unit] != nil ? 2 : 1 }
        if placement.effects[0] != nil { room -= 1 }
        while position < shown.count {
            let unit = shown[position]
            position += 1
            guard let effects = placement.effects[unit] else { continue }
            room += 1
            var entries = Self.entries(of: effects, placement, options)
            if room <= 0 {
                // A single row was asked for.
                self.entries[unit] = []
                continue
            }
            let total = entries.reduce(0) { $0 + cost($1) }
            if total > room {
                // One row is for the rest.
                var left = room - 1
                let fitting = entries.prefix { entry in
                    left -= cost(entry)
                    return left >= 0
                }
                let kept = Set(fitting.lazy.filter { $0.fold == nil }.map(\.unit))
                entries = fitting.filter { $0.fold == nil }
                if let rest = Self.fold(effects.filter { !kept.contains($0) }, placement) { entries.append(rest) }
            }
            for entry in entries {
                room -= cost(entry)
                if entry.fold == nil { shown.append(entry.unit) }
            }
            self.entries[unit] = entries
        }
    }

    /// The rows under a unit if there is room for all, alike ones folded.
    private static func entries(
        of effects: [Int],
        _ placement: Placement,
        _ options: Waterfall.Options
    ) -> [Entry] {
        guard let repeats = options.repeats.map({ max(1, $0) }), effects.count > repeats + 1 else {
            return effects.map { Entry(unit: $0) }
        }
        var entries: [Entry] = []
        for alike in Dictionary(grouping: effects, by: { kind(of: $0, placement) }).values {
            guard alike.count > repeats + 1 else {
                entries += alike.map { Entry(unit: $0) }
                continue
            }
            let failed = alike.filter { placement.failures[$0] > 0 }
            let others = alike.filter { placement.failures[$0] == 0 }
            let shown = Set((failed + others).prefix(repeats))
            entries += shown.map { Entry(unit: $0) }
            if let rest = fold(alike.filter { !shown.contains($0) }, placement) { entries.append(rest) }
        }
        return entries.sorted { $0.unit < $1.unit }
    }

    private static func fold(_ units: [Int], _ placement: Placement) -> Entry? {
        guard let first = units.first else { return nil }
        let fold = Waterfall.Fold(
            count: units.count,
            spans: units.reduce(0) { $0 + placement.sizes[$1] },
            failures: units.reduce(0) { $0 + placement.failures[$1] },
            isUniform: units.allSatisfy { kind(of: $0, placement) == kind(of: first, placement) }
        )
        return Entry(unit: first, fold: fold)
    }

    private static func kind(of unit: Int, _ placement: Placement) -> Kind {
        let span = placement.flow.spans[unit]
        return Kind(service: span.resource.serviceName, name: span.name)
    }
}
