// SPDX-License-Identifier: Apache-2.0

// Handles the records of a topic as a member of a group, ten at a time and slowly, and says so on standard output, until
// it is killed: `begin PARTITION OFFSET` for each record, `done PARTITION OFFSET` for the last of a batch. With a third
// argument it fails on each record, one at a time, and moves it to the dead topic.

import Foundation
import StitchKafka
import StitchService

/// At once, since a process that is killed writes nothing more.
@Sendable func say(_ line: String) { try? FileHandle.standardOutput.write(contentsOf: Data("\(line)\n".utf8)) }

var configuration = KafkaConfiguration()
configuration.commitInterval = .milliseconds(100)
configuration.properties = ["heartbeat.interval.ms": "500", "session.timeout.ms": "6000"]

let (group, topic) = (CommandLine.arguments[1], CommandLine.arguments[2])

struct Failure: Error {}

let consumer =
    CommandLine.arguments.count > 3
    ? try KafkaConsumer(configuration, group: group, topics: [topic], onFailure: .moveAside(retry: [])) { record in
        say("begin \(record.partition) \(record.offset)")
        throw Failure()
    }
    : try KafkaConsumer(configuration, group: group, topics: [topic], batchesOf: 10) { records in
        for record in records {
            say("begin \(record.partition) \(record.offset)")
            try await Task.sleep(for: .milliseconds(5))
        }
        if let last = records.last { say("done \(last.partition) \(last.offset)") }
    }
try await consumer.run()
