// SPDX-License-Identifier: Apache-2.0

import StitchKafka
import TraceContext

/// What `stitch redrive --match` asks of a record: `NAME=VALUE`, where a `*` at the end of the value stands for anything.
struct RedriveCondition: Sendable {
    /// What of a record is looked at.
    enum Subject: Sendable, Hashable {
        case key
        case reason
        case error
        case topic
        case partition
        case header(String)
    }

    let subject: Subject
    private let value: String
    private let isPrefix: Bool

    init(_ text: String) throws(CommandError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let subject = Subject(parts[0]) else {
            throw .usage(
                "--match is NAME=VALUE with the name key, reason, error, topic, partition or header.NAME, not '\(text)'"
            )
        }
        self.subject = subject
        isPrefix = parts[1].hasSuffix("*")
        value = isPrefix ? String(parts[1].dropLast()) : parts[1]
    }

    func matches(_ record: KafkaConsumedRecord, _ moved: MovedRecord?) -> Bool {
        let found: String? =
            switch subject {
            case .key: record.key.flatMap { String(validating: $0, as: UTF8.self) }
            case .reason: moved?.reason
            case .error: moved?.errorType
            case .topic: moved?.source.topic
            case .partition: moved.map { String($0.source.partition) }
            case .header(let name): record.headers.text(name)
            }
        guard let found else { return false }
        return isPrefix ? found.hasPrefix(value) : found == value
    }
}

extension RedriveCondition.Subject {
    fileprivate init?(_ name: String) {
        switch name {
        case "key": self = .key
        case "reason": self = .reason
        case "error": self = .error
        case "topic": self = .topic
        case "partition": self = .partition
        case _ where name.hasPrefix("header.") && name.utf8.count > 7: self = .header(String(name.dropFirst(7)))
        default: return nil
        }
    }
}
