// SPDX-License-Identifier: Apache-2.0

// Sends records of 1 KiB and receives them, traced, as fast as both go, for as many minutes as its argument says, 10 without
// one; tells what memory is resident in each minute, and fails when the last needs more than 1.05 times what the second did.
//
// Needs a broker in `KAFKA_BOOTSTRAP_SERVERS`: `make soak` starts one.

import Foundation
import StitchKafka
import TracedKafka

let minutes = CommandLine.arguments.dropFirst().first.map { Int($0) ?? 0 } ?? 10
let configuration = KafkaConfiguration(environment: ProcessInfo.processInfo.environment)

func stop(_ message: String) -> Never {
    try? FileHandle.standardError.write(contentsOf: Data("soak: \(message)\n".utf8))
    exit(1)
}

if minutes < 3 { stop("give a number of minutes from 3 on: the first warms up, the second and the last are compared") }
if configuration.brokers.isEmpty { stop("KAFKA_BOOTSTRAP_SERVERS names no broker: run `make soak`, which starts one") }

let soak = try await Soak(configuration)
let samples = try await soak.run(minutes: minutes)
for sample in samples { print(sample) }
let (second, last) = (samples[1], samples[samples.count - 1])
let ratio = Double(last.resident) / Double(second.resident)
print("soak.resident_second \(second.resident) B")
print("soak.resident_last \(last.resident) B")
print("soak.resident_ratio \(String(format: "%.3f", ratio)) ratio")
print("soak.spans_dropped \(soak.droppedSpans) count")
if ratio > 1.05 { stop("the last minute needs more than 1.05 times the memory of the second") }
