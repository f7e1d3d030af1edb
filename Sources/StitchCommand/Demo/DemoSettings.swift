// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What a demo tells its services, through their environment.
struct DemoSettings: Codable, Sendable {
    var ordersFile: String
    var ordersTopic: String
    var paymentsTopic: String
    var group: String
    var jobsSchema: String
    var shopSchema: String

    static let variable = "STITCH_DEMO_SETTINGS"

    /// How many orders may be on their way between storefront and billing: an in-process Kafka keeps only so much.
    static let window = 2000

    static func read(_ environment: [String: String]) throws(CommandError) -> DemoSettings {
        guard let text = environment[variable],
            let settings = try? JSONDecoder().decode(DemoSettings.self, from: Data(text.utf8))
        else { throw .usage("the services of a demo are started by `stitch demo`") }
        return settings
    }

    func environmentValue() throws -> String {
        String(decoding: try JSONEncoder().encode(self), as: UTF8.self)
    }
}
