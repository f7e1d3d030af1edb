// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchKafka

/// A topic with three replicas on three real brokers, whose leaders are moved.
struct LedTopic: Sendable {
    /// How a broker goes.
    enum Loss {
        /// At once, so that the others have to notice.
        case kill
        /// After it has handed its partitions over.
        case stop
    }

    let name: String
    let partitions: Int
    let configuration: KafkaConfiguration
    private let pack: ServerPack
    private let admin: KafkaAdmin

    /// Makes the topic.
    init(_ name: String, partitions: Int, on pack: ServerPack) async throws {
        self.name = name
        self.partitions = partitions
        self.pack = pack
        var configuration = try pack.kafkaConfiguration()
        // Whoever asks a broker that is gone finds out soon.
        configuration.properties["reconnect.backoff.max.ms"] = "1000"
        self.configuration = configuration
        admin = try KafkaAdmin(configuration)
        try await admin.createTopic(name, partitions: partitions, replicationFactor: 3)
        try await waitUntilInSync()
    }

    /// Takes a broker away, does something once others lead its partitions, and brings it back; returns when all replicas
    /// are in sync again: a leader that went before would take acknowledged records with it.
    func without(_ node: Int32, _ loss: Loss, _ body: () async throws -> Void) async throws {
        try await pack.call(loss == .kill ? "kill" : "stop", "\(node)")
        try await wait("led by others") { $0.allSatisfy { $0.leader != nil && $0.leader != node } }
        try await body()
        try await pack.call("restart", "\(node)")
        try await waitUntilInSync()
    }

    /// Gives each partition back to the broker that is first in line.
    func electPreferred() async throws {
        let tool = "org.apache.kafka.tools.LeaderElectionCommand"
        let servers = configuration.brokers.joined(separator: ",")
        let what = ["--election-type", "preferred", "--all-topic-partitions"]
        try await pack.call("run", [tool, "--bootstrap-server", servers] + what)
        try await wait("led by the first in line") { $0.allSatisfy { $0.leader == $0.replicas.first } }
        try await waitUntilInSync()
    }

    private func waitUntilInSync() async throws {
        try await wait("in sync") { $0.allSatisfy { $0.inSyncReplicas.count == 3 } }
    }

    /// Nobody tells of it; who waits in vain is told what there was instead.
    private func wait(_ what: String, _ isTrue: ([KafkaTopicDescription.Partition]) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        while true {
            var seen = "nothing"
            do throws(KafkaError) {
                let partitions = try await admin.describeTopic(name).partitions
                if isTrue(partitions) { return }
                seen = partitions.map { "\($0.number): \($0.leader ?? -1) of \($0.inSyncReplicas)" }
                    .joined(separator: ", ")
            } catch {
                guard error.isRetryable else { throw error }
                seen = error.message
            }
            guard ContinuousClock.now < deadline else {
                throw ServerPack.Failure(description: "The partitions of \(name) are not \(what): \(seen)")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
