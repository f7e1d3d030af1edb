// SPDX-License-Identifier: Apache-2.0

/// Decides how many records are taken from librdkafka's queue at once.
///
/// What is taken is held here and lost when the partition goes, so large records are taken in small numbers.
struct BatchSize {
    private static let bytes = 1 << 20

    private let limit: Int
    private(set) var next: Int

    init(limit: Int) {
        self.limit = max(limit, 1)
        next = min(self.limit, 32)
    }

    /// So many records with so many bytes were taken.
    mutating func note(count: Int, bytes: Int) {
        guard count > 0 else { return }
        next = min(max(Self.bytes / max(bytes / count, 1), 1), limit)
    }
}
