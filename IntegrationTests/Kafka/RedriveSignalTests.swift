// SPDX-License-Identifier: Apache-2.0

import Foundation
import KafkaTesting
import StitchKafka
import StitchOTLP
import TelemetryData
import Testing
import TraceContext

@Suite("A redrive that gets a signal", .timeLimit(.minutes(2)))
struct RedriveSignalTests {
    // Forty batches, of which each takes half a second, so that it is not done when the signal comes, however late that is.
    private static let count = 20_000

    @Test("commits and tells what it has moved, with its spans, and the next one goes on there")
    func interrupted() async throws {
        let cluster = try MockKafkaCluster()
        for topic in ["orders", "orders.dead"] { try await cluster.createTopic(topic) }
        let producer = try KafkaProducer(cluster.configuration)
        let records = (0..<Int64(Self.count)).map { (index: Int64) in
            let moved = MovedRecord(
                attempt: 1,
                previous: nil,
                reason: "exhausted",
                source: MovedRecord.Source(topic: "orders", partition: 0, offset: index, timestamp: 1),
                target: "orders.dead"
            )
            var headers: KafkaHeaders = ["traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]
            for field in moved.fields { headers.append(field.name, field.value) }
            return KafkaRecord(topic: "orders.dead", value: [1], headers: headers)
        }
        #expect(await producer.send(contentsOf: records).failures.isEmpty)
        await producer.shutdown()
        // So that there is something left to be moved for some seconds.
        try await cluster.setRoundTrip(.milliseconds(300))
        try await withFolder { folder in
            let file = folder.appending(path: "spans.jsonl")
            let arguments = ["redrive", "--brokers", cluster.bootstrapServers, "orders.dead"]
            let process = try StitchProcess(arguments, in: folder, environment: ["STITCH_TRACES_FILE": file.path])
            try process.start()
            try await waitForCommit(cluster)
            kill(process.identifier, SIGINT)
            let outcome = try await process.finish()
            #expect(outcome.status == 130, "\(outcome)")
            let moved = try #require(Self.moved(outcome.output), "\(outcome)")
            #expect((1..<Self.count).contains(moved))
            #expect(try OTLPJSONLines.read(contentsOf: file).filter { $0.name == "send orders" }.count == moved)
            try await cluster.setRoundTrip(.zero)
            let rest = try await StitchProcess.run(arguments, in: folder)
            #expect(rest.status == 0 && Self.moved(rest.output) == Self.count - moved, "\(rest)")
        }
        await cluster.shutdown()
    }

    /// Returns when the process has moved something.
    private func waitForCommit(_ cluster: MockKafkaCluster) async throws {
        let place = KafkaTopicPartition(topic: "orders.dead", partition: 0)
        let consumer = try KafkaConsumer(
            cluster.configuration,
            partitions: [place: .end],
            group: "stitch-redrive.orders.dead"
        )
        while try await consumer.committed([place])[place] ?? 0 == 0 { try await Task.sleep(for: .milliseconds(20)) }
        await consumer.shutdown()
    }

    private static func moved(_ output: String) -> Int? {
        output.split(separator: "\n").first { $0.hasPrefix("orders.dead → orders: ") }
            .flatMap { Int($0.dropFirst("orders.dead → orders: ".count).filter(\.isNumber)) }
    }
}
