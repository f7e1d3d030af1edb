// SPDX-License-Identifier: Apache-2.0

// Handles the records of a topic as a member of a group, ten at a time and slowly, and says so on standard output, until
// it is killed: `begin PARTITION OFFSET` for each record, `done PARTITION OFFSET` for the last of a batch. With `fails` as
// its third argument it fails on each record, one at a time, and moves it to the dead topic. With `traced` it sends each
// record on, to the topic whose name ends in `-next`, one at a time and traced; with `failsTraced` it does what `fails` does,
// traced. With a fourth argument it begins so many records that are traced and no more, however late it is killed.

import Foundation
import Stitch
import StitchKafka
import StitchService
import Synchronization
import TracedKafka

/// At once, since a process that is killed writes nothing more.
@Sendable func say(_ line: String) { try? FileHandle.standardOutput.write(contentsOf: Data("\(line)\n".utf8)) }

var configuration = KafkaConfiguration()
configuration.commitInterval = .milliseconds(100)
configuration.properties = ["heartbeat.interval.ms": "500", "session.timeout.ms": "6000"]

let (group, topic) = (CommandLine.arguments[1], CommandLine.arguments[2])

struct Failure: Error {}

/// How many more records it may begin.
final class Allowance: Sendable {
    private let count: Mutex<Int>

    init(_ count: Int) { self.count = Mutex(count) }

    /// Returns if another may begin, and else when the process is shut down.
    func take() async throws {
        let left = count.withLock { count in
            count -= 1
            return count
        }
        while left < 0 { try await Task.sleep(for: .seconds(3600)) }
    }
}

let allowance = Allowance(CommandLine.arguments.dropFirst(4).first.flatMap { Int($0) } ?? .max)

switch CommandLine.arguments.dropFirst(3).first {
case "traced":
    configuration.linger = .zero
    let telemetry = try Telemetry.start()
    let producer = try TracedKafkaProducer(configuration)
    let consumer = try TracedKafkaConsumer(configuration, group: group, topics: [topic]) { record in
        try await allowance.take()
        say("begin \(record.partition) \(record.offset)")
        try await producer.send(KafkaRecord(topic: "\(topic)-next", key: record.key, value: record.value))
        say("done \(record.partition) \(record.offset)")
    }
    try await runUntilSignal(telemetry, producer, consumer)
case "failsTraced":
    configuration.linger = .zero
    let telemetry = try Telemetry.start()
    let consumer = try TracedKafkaConsumer(
        configuration,
        group: group,
        topics: [topic],
        onFailure: .moveAside(retry: [])
    ) { record in
        try await allowance.take()
        say("begin \(record.partition) \(record.offset)")
        throw Failure()
    }
    try await runUntilSignal(telemetry, consumer)
case "fails":
    let consumer = try KafkaConsumer(
        configuration,
        group: group,
        topics: [topic],
        onFailure: .moveAside(retry: [])
    ) { record in
        say("begin \(record.partition) \(record.offset)")
        throw Failure()
    }
    try await consumer.run()
default:
    let consumer = try KafkaConsumer(configuration, group: group, topics: [topic], batchesOf: 10) { records in
        for record in records {
            say("begin \(record.partition) \(record.offset)")
            try await Task.sleep(for: .milliseconds(5))
        }
        if let last = records.last { say("done \(last.partition) \(last.offset)") }
    }
    try await consumer.run()
}
