// SPDX-License-Identifier: Apache-2.0

/// Several ways to do the same, measured in turns, so that whatever else the machine does hits all of them alike.
struct Contest {
    /// One way: does its work `count` times.
    struct Entry {
        let name: String
        let body: (_ count: Int) async -> Void
    }

    /// How often each entry gets its turn; the median of these is the figure.
    var rounds = 9

    /// How long a turn takes at least, in nanoseconds.
    var turn: Double = 50_000_000

    let entries: [Entry]

    /// The median time of one execution of each entry, in nanoseconds, in the order of the entries.
    func run() async -> [Figure] {
        // Also warms caches up. Each entry has its own count, so that each turn takes about as long.
        var counts: [Int] = []
        for entry in entries { counts.append(await calibrate(entry)) }
        var times = entries.map { _ in [Double]() }
        for round in 0..<rounds {
            for turn in entries.indices {
                // Whoever comes first in one round comes last in the next.
                let index = round.isMultiple(of: 2) ? turn : entries.count - 1 - turn
                times[index].append(await time(entries[index], counts[index]) / Double(counts[index]))
            }
        }
        return zip(entries, times).map { Figure(name: $0.name, value: median($1), unit: .nanoseconds) }
    }

    private func calibrate(_ entry: Entry) async -> Int {
        var count = 1
        while true {
            let elapsed = await time(entry, count)
            if elapsed >= turn { return count }
            count *= elapsed < turn / 10 ? 8 : 2
        }
    }

    private func time(_ entry: Entry, _ count: Int) async -> Double {
        let elapsed = await ContinuousClock().measure { await entry.body(count) }.components
        return Double(elapsed.seconds) * 1e9 + Double(elapsed.attoseconds) / 1e9
    }
}

/// The middle value; of an even number of values the mean of the two in the middle.
func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}
