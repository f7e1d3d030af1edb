// SPDX-License-Identifier: Apache-2.0

/// An order, as a line of the orders file and as the value of a record on topic `orders`.
struct Order: Codable, Sendable, Hashable {
    var id: Int
    var customer: String
    var items: Int
    var total: Double
}

/// A payment, as the value of a record on topic `payments`.
struct Payment: Codable, Sendable, Hashable {
    var orderID: Int
    var amount: Double
}
