// SPDX-License-Identifier: Apache-2.0

/// How far a demo is.
///
/// Each service counts its own part and sends it as a line of JSON.
struct DemoCounts: Codable, Sendable, Hashable {
    /// Orders that storefront has published.
    var placed = 0
    /// Orders that billing has written down and whose payments it has published.
    var billed = 0
    /// Payments that notifier has seen.
    var paid = 0
    /// Jobs that notifier has done.
    var done = 0

    /// How many jobs an order has.
    static let jobsPerOrder = 2

    /// Takes over what a service has counted; services count different things, and none goes back.
    mutating func merge(_ other: DemoCounts) {
        placed = max(placed, other.placed)
        billed = max(billed, other.billed)
        paid = max(paid, other.paid)
        done = max(done, other.done)
    }

    /// Whether so many orders have gone all the way.
    func isComplete(orders: Int) -> Bool {
        placed >= orders && billed >= orders && paid >= orders && done >= orders * Self.jobsPerOrder
    }

    /// How far it is, in one line.
    func text(orders: Int) -> String {
        "\(placed)/\(orders) orders placed, \(billed) billed, \(paid) paid, \(done)/\(orders * Self.jobsPerOrder) jobs done"
    }
}
