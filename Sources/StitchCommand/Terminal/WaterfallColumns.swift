// SPDX-License-Identifier: Apache-2.0

/// How a waterfall's width is shared among its columns.
struct WaterfallColumns {
    let service: Int
    let label: Int
    let axis: Int

    /// How wide the column of the time worked is.
    static let worked = 10
    /// How much of the label's column the lines of the tree may take.
    var branches: Int { max(8, label - 16) }

    private static let leastAxis = 14

    init(width: Int, services: Int, labels: Int) {
        service = min(services, width < 72 ? 12 : 16) + 2
        let rest = width - service - Self.worked
        // What is done is worth more than when, but not the whole width.
        label = max(20, min(labels + 1, max(28, rest * 3 / 5), rest - Self.leastAxis))
        axis = max(Self.leastAxis, rest - label)
    }
}
