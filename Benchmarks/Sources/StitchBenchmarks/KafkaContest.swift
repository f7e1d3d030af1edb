// SPDX-License-Identifier: Apache-2.0

import CKafkaLoops
import Foundation

/// Several ways to move the same records, in rounds: each has one turn in each, and is compared with another one's turn of
/// the same round, so that whatever else the machine does hits both.
struct KafkaContest {
    /// What a turn took.
    struct Turn {
        var records: Int
        var seconds: Double
        var cpuSeconds: Double

        var rate: Double { Double(records) / seconds }
        var cpuMicroseconds: Double { cpuSeconds * 1e6 / Double(records) }
    }

    /// One way: moves all records of a turn.
    struct Entry {
        let name: String
        let body: (_ topic: String) async throws -> Turn
    }

    /// How often each has its turn.
    var rounds = 7

    let entries: [Entry]

    /// What every entry's turns took, round by round.
    ///
    /// - Parameter withTopic: Calls its argument with a topic for one turn.
    /// - Returns: The turns by the entry's name.
    /// - Throws: What an entry throws.
    func run(
        _ withTopic: (_ body: (String) async throws -> Void) async throws -> Void
    ) async throws -> [String: [Turn]] {
        var turns: [String: [Turn]] = [:]
        // The first round warms the broker up and doesn't count.
        for round in 0...rounds {
            for position in entries.indices {
                // Each begins a round as often as any other.
                let entry = entries[(position + round) % entries.count]
                try await withTopic { topic in
                    let turn = try await entry.body(topic)
                    if round > 0 { turns[entry.name, default: []].append(turn) }
                }
            }
        }
        return turns
    }

    /// Runs a loop of ours, and measures it.
    static func measure(_ records: Int, _ body: () async throws -> Void) async throws -> Turn {
        let cpu = kafka_loop_cpu_seconds()
        let elapsed = try await ContinuousClock().measure { try await body() }
        return Turn(records: records, seconds: elapsed / .seconds(1), cpuSeconds: kafka_loop_cpu_seconds() - cpu)
    }

    /// Runs a loop of C, which blocks, on a thread that isn't Swift's.
    static func measureC(
        _ records: Int,
        _ body: @escaping @Sendable (UnsafeMutablePointer<kafka_loop_result>) -> UnsafePointer<CChar>?
    ) async throws -> Turn {
        let result: (kafka_loop_result, String?) = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var result = kafka_loop_result()
                let error = body(&result).map { String(cString: $0) }
                continuation.resume(returning: (result, error))
            }
        }
        if let error = result.1 { throw Failure(description: "the loop in C failed: \(error)") }
        if result.0.failed > 0 { throw Failure(description: "\(result.0.failed) records were lost by the loop in C") }
        return Turn(records: records, seconds: result.0.seconds, cpuSeconds: result.0.cpu_seconds)
    }

    /// Why nothing could be measured.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }
}

extension [String: [KafkaContest.Turn]] {
    /// How an entry's rate compares with another's, the median of the rounds.
    func ratio(_ name: String, to reference: String) -> Double {
        median(zip(self[name] ?? [], self[reference] ?? []).map { $0.rate / $1.rate })
    }

    /// Processor time of the process for each record, the median of the rounds.
    func cpu(_ name: String) -> Double { median((self[name] ?? []).map(\.cpuMicroseconds)) }

    /// Records in a second, the median of the rounds.
    func rate(_ name: String) -> Double { median((self[name] ?? []).map(\.rate)) }

    /// The lines of one comparison: the ratio, and the processor time beside that of the reference.
    func figures(_ figure: String, _ name: String, to reference: String) -> [Figure] {
        [
            Figure(name: "kafka.\(figure)", value: ratio(name, to: reference), unit: .ratio),
            Figure(name: "kafka.\(figure)_rate", value: rate(name), unit: .perSecond),
            Figure(name: "kafka.\(figure)_cpu", value: cpu(name), unit: .microseconds),
            Figure(name: "kafka.\(figure)_cpu_c", value: cpu(reference), unit: .microseconds),
        ]
    }
}
