// SPDX-License-Identifier: Apache-2.0

public import TracedJobs

/// A receipt for an order is to be sent.
public struct SendReceipt: Job {
    /// The kind's name.
    public static let kind = "send_receipt"

    /// Which order.
    public var orderID: Int

    /// For an order.
    public init(orderID: Int) { self.orderID = orderID }
}
