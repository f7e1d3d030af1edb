// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Foundation
import KafkaTesting
import Testing

@testable import StitchKafka

@Suite("A member that leaves its group before it is assigned anything", .timeLimit(.minutes(1)))
struct LeavingTests {
    @Test("leaves, and the process goes on, also with a library that would end it", arguments: [true, false])
    func leaving(answersInTime: Bool) async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("leaving")
        let client = try ConsumerClient(cluster.configuration, group: "leaving")
        #expect(client.subscribe(to: ["leaving"]).isNone)
        await joined(client)
        if !answersInTime { try await cluster.setRoundTrip(.seconds(30)) }
        await onThread {
            _ = client.close { _ in }
            client.handle.letGoWaiting()
        }
        await cluster.shutdown()
    }

    /// As if it had joined between the look at it and its leaving.
    @Test("leaves, and the process goes on, though it joined at the last moment")
    func leavingAtTheLastMoment() async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("leaving")
        // What it is assigned is still on its way when it leaves.
        try await cluster.setRoundTrip(.milliseconds(300))
        let client = try ConsumerClient(cluster.configuration, group: "leaving")
        #expect(client.subscribe(to: ["leaving"]).isNone)
        await joined(client)
        await onThread {
            _ = client.leave { _ in }
            client.handle.letGoWaiting()
        }
        await cluster.shutdown()
    }

    @Test("has left though what its last partitions took was longer than brokers may take")
    func lastWork() async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("leaving")
        let client = try ConsumerClient(cluster.configuration, group: "leaving")
        #expect(client.subscribe(to: ["leaving"]).isNone)
        let hasLeft = OneTime<Bool>()
        await onThread {
            var isAssigned = false
            while !isAssigned {
                client.poll(timeoutMilliseconds: 100) { if case .assigned = $0 { isAssigned = true } }
            }
        }
        try await cluster.setRoundTrip(.milliseconds(300))
        await onThread {
            let left = client.leave(within: .milliseconds(700)) { event in
                if case .revoked = event { Thread.sleep(forTimeInterval: 1) }
            }
            hasLeft.set(left)
            client.handle.letGoWaiting()
        }
        #expect(await hasLeft.value)
        await cluster.shutdown()
    }

    /// Waits until the client has joined; librdkafka says so by the protocol.
    private func joined(_ client: ConsumerClient) async {
        await onThread {
            while rd_kafka_rebalance_protocol(client.handle.client).map({ String(cString: $0) }) != "COOPERATIVE" {
                client.poll(timeoutMilliseconds: 10) { _ in }
            }
        }
    }

    /// Runs what blocks on a thread of its own.
    private func onThread(_ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            ClientThread.start("test") {
                body()
                continuation.resume()
            }
        }
    }
}
