// SPDX-License-Identifier: Apache-2.0

/// How many different values there are.
public enum DistinctCount: Sendable, Hashable, CustomStringConvertible {
    /// Exactly so many.
    case exactly(Int)
    /// More than so many: counting was given up.
    case moreThan(Int)

    /// As `12` or `more than 1000`.
    public var description: String {
        switch self {
        case .exactly(let count): "\(count)"
        case .moreThan(let count): "more than \(count)"
        }
    }
}

/// Counts different values up to a limit, by their hashes.
struct DistinctValues: Sendable {
    private var hashes: Set<Int> = []
    private var isFull = false

    mutating func insert(_ value: some Hashable, limit: Int) {
        guard !isFull else { return }
        hashes.insert(value.hashValue)
        guard hashes.count > limit else { return }
        isFull = true
        hashes = []
    }

    func count(limit: Int) -> DistinctCount { isFull ? .moreThan(limit) : .exactly(hashes.count) }
}
