// SPDX-License-Identifier: Apache-2.0

import Foundation
import Stitch
import Synchronization
import TracedKafka

/// Takes orders and publishes them to topic `orders`.
///
/// Each order begins a trace.
final class Storefront: Service {
    private let producer: any KafkaProducing
    private let orders: [Order]
    private let topic: String
    private let report: ProgressReport
    private let credit = Credit(DemoSettings.window)
    private let (stopped, stop) = AsyncStream.makeStream(of: Never.self)

    /// The attribute of an order's first span that says which order it is.
    static let orderID = "order.id"

    /// How many orders are being placed at a time.
    private static let concurrency = 64

    init(_ producer: any KafkaProducing, orders: [Order], topic: String, report: ProgressReport) {
        self.producer = producer
        self.orders = orders
        self.topic = topic
        self.report = report
    }

    var name: String { "Storefront" }

    /// Billing has dealt with so many orders, so that more may be placed.
    func billed(_ count: Int) { credit.raise(to: count + DemoSettings.window) }

    func run() async throws {
        try await withTaskCancellationHandler {
            try await placeAll()
            for await _ in stopped {}
        } onCancel: {
            credit.close()
        }
    }

    func shutdown() async {
        credit.close()
        stop.finish()
    }

    private func placeAll() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, order) in orders.enumerated() {
                guard await credit.reaches(index) else { break }
                if index >= Self.concurrency { try await group.next() }
                group.addTask { [self] in try await place(order) }
            }
            try await group.waitForAll()
        }
    }

    private func place(_ order: Order) async throws {
        try await withSpan("place order") { span in
            span.attributes[Self.orderID] = .int(Int64(order.id))
            let value = try JSONEncoder().encode(order)
            try await producer.send(KafkaRecord(topic: topic, key: "\(order.id)", value: [UInt8](value)))
        }
        report.count { $0.placed += 1 }
    }
}
