// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
package import TraceContext

extension KafkaConsumedRecord {
    /// What its headers say of how it was moved; `nil` for one that wasn't, or that only has the headers of another.
    package var moved: MovedRecord? {
        guard let moved = movedFields else { return nil }
        let isOwn = moved.source.topic == topic || topic.hasPrefix("\(moved.source.topic).")
        return isOwn ? moved : nil
    }

    /// What its headers say of how it was moved, wherever it is.
    package var movedFields: MovedRecord? {
        var fields: [String: String] = [:]
        forEachHeader { header in
            // Most records have none, so that it costs no more than this.
            guard Self.isField(header.name), let value = header.value else { return }
            fields[String(cString: header.name)] = String(validating: value, as: UTF8.self)
        }
        return fields.isEmpty ? nil : MovedRecord { fields[$0] }
    }

    /// Where it is, as the place that it was first in.
    var ownSource: MovedRecord.Source {
        MovedRecord.Source(
            topic: topic,
            partition: partition,
            offset: offset,
            timestamp: timestamp.milliseconds ?? -1
        )
    }

    private static let prefix = Array("stitch-".utf8)

    private static func isField(_ name: UnsafePointer<CChar>) -> Bool {
        for (index, byte) in prefix.enumerated() where UInt8(bitPattern: name[index]) != byte { return false }
        return true
    }
}
