// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The orders of a demo that is given none.
enum BundledOrders {
    static let name = "bundled orders"

    static let data = Data(
        """
        {"id": 1001, "customer": "ada", "items": 2, "total": 49.9}
        {"id": 1002, "customer": "grace", "items": 1, "total": 12.5}
        {"id": 1003, "customer": "edsger", "items": 5, "total": 230.0}
        {"id": 1004, "customer": "barbara", "items": 3, "total": 75.25}
        {"id": 1005, "customer": "donald", "items": 1, "total": 199.0}
        {"id": 1006, "customer": "frances", "items": 4, "total": 61.4}
        {"id": 1007, "customer": "leslie", "items": 2, "total": 18.8}
        {"id": 1008, "customer": "radia", "items": 7, "total": 340.0}

        """.utf8
    )
}
