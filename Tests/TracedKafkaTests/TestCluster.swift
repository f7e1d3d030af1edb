// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import Synchronization
import TracedKafka

/// One mock cluster for all tests of the module; each test takes topics and groups of its own.
enum TestCluster {
    private static let cluster = Result { try MockKafkaCluster() }
    private static let count = Atomic(0)

    static func configuration() throws -> KafkaConfiguration { try cluster.get().configuration }

    static func create(_ topic: String) async throws { try await cluster.get().createTopic(topic) }

    /// A topic of the test's own.
    static func topic(_ prefix: String, partitions: Int = 1) async throws -> String {
        let name = "\(prefix)-\(count.wrappingAdd(1, ordering: .relaxed).newValue)"
        try await cluster.get().createTopic(name, partitions: partitions)
        return name
    }
}

/// The error that a handler of a test throws.
struct Bounced: Error {}
