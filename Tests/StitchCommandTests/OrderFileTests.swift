// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import StitchCommand

@Suite("The orders of a demo")
struct OrderFileTests {
    @Test("The bundled orders are orders")
    func bundled() {
        let file = OrderFile(BundledOrders.data, name: BundledOrders.name)
        #expect(file.problems.isEmpty)
        #expect(file.orders.count >= 2)
    }

    @Test("A line that is no order is named by its number, and the others are taken")
    func malformed() {
        let text = """
            {"id": 1, "customer": "a", "items": 1, "total": 1}

            not json
            {"id": 2, "customer": "a", "items": 1}
            {"id": "3", "customer": "a", "items": 1, "total": 1}
            {"id": 1, "customer": "b", "items": 1, "total": 1}
            [1]
            {"id": 4, "customer": "d", "items": 1, "total": 1.5}\r
            """
        let file = OrderFile(Data(text.utf8), name: "o")
        #expect(file.orders.map(\.id) == [1, 4])
        #expect(
            file.problems == [
                "o line 3: this is not JSON",
                "o line 4: an order has a \"total\", this line has none",
                "o line 5: \"id\" is not what an order has there",
                "o line 6: order 1 is there already",
                "o line 7: this is not a JSON object",
            ]
        )
    }

    @Test("A count takes the first, or makes more under new ids")
    func count() {
        let file = OrderFile(BundledOrders.data, name: "o")
        #expect(file.orders(count: nil) == file.orders)
        #expect(file.orders(count: 2) == Array(file.orders.prefix(2)))
        let many = file.orders(count: 100)
        #expect(Set(many.map(\.id)).count == 100)
        #expect(many[file.orders.count].customer == file.orders[0].customer)
    }
}
