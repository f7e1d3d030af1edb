// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchKafka
import TraceContext

/// Decides where each record of a dead topic goes.
struct RedriveMover: Sendable {
    private let topic: String
    private let selection: DeadRecords.Selection
    /// How many partitions each topic of the cluster has.
    private let partitions: [String: Int]

    init(of topic: String, _ selection: DeadRecords.Selection, partitions: [String: Int]) {
        self.topic = topic
        self.selection = selection
        self.partitions = partitions
    }

    /// What is to become of a record.
    func choice(of record: KafkaConsumedRecord, now: Date = .now) -> RedriveProgress.Choice {
        let moved = record.moved
        guard selection.matches(record, moved) else { return .left(.other) }
        switch destination(of: moved) {
        case .success(let target, let due):
            guard let count = partitions[target] else { return .left(.failed(Self.missing(target, record))) }
            let source = moved?.source.topic == target ? moved?.source.partition : nil
            let saying = MovedRecord(
                attempt: moved?.attempt ?? 1,
                previous: moved?.previous,
                reason: "redrive",
                errorType: moved?.errorType,
                due: due ? Int64(now.timeIntervalSince1970 * 1000) : nil,
                source: moved?.source ?? record.ownSource,
                target: target,
                redriven: moved?.attempt ?? 1
            )
            // To where its like are, whatever partitioner its producer has.
            let partition = source.flatMap { $0 >= 0 && Int($0) < count ? $0 : nil }
            return .move(RecordMove(record, to: target, partition: partition, saying: saying))
        case .left(let reason): return .left(reason)
        }
    }

    private enum Destination {
        /// The topic, and whether the record is due there at once.
        case success(String, isDue: Bool)
        case left(RedriveProgress.Reason)
    }

    private func destination(of moved: MovedRecord?) -> Destination {
        if let target = selection.target { return .success(target, isDue: false) }
        guard let source = moved?.source.topic else { return .left(.stranger) }
        guard topic != "\(source).dead", topic.hasSuffix(".dead") else { return .success(source, isDue: false) }
        let base = String(topic.dropLast(".dead".count))
        guard base.hasPrefix("\(source).") else {
            // A dead topic may have any name; where it has another topic's, that is whose records it holds.
            return partitions[base] == nil ? .success(source, isDue: false) : .left(.astray)
        }
        if selection.isForAllGroups { return .success(source, isDue: false) }
        // The group's own: what goes to the source is handled by all groups.
        guard let retry = firstRetryTopic(of: base) else { return .left(.scoped) }
        return .success(retry, isDue: true)
    }

    /// The retry topic with the shortest delay.
    private func firstRetryTopic(of base: String) -> String? {
        let prefix = "\(base).retry."
        let topics = partitions.keys.compactMap { name -> (name: String, delay: Duration)? in
            guard name.hasPrefix(prefix) else { return nil }
            return KafkaMoveAside.delay(named: String(name.dropFirst(prefix.count))).map { (name, $0) }
        }
        return topics.min { $0.delay < $1.delay }?.name
    }

    private static func missing(_ target: String, _ record: KafkaConsumedRecord) -> KafkaError {
        KafkaError(
            .unknownTopicOrPartition,
            "The record \(record.position) was not moved to '\(target)': that topic isn't there; create it, or give another"
        )
    }
}
