// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

extension KafkaHeaders {
    /// A copy of headers that belong to a message.
    init(copying list: OpaquePointer) {
        var headers: [KafkaHeader] = []
        headers.reserveCapacity(rd_kafka_header_cnt(list))
        NativeHeader.forEach(of: list) { header in
            headers.append(KafkaHeader(String(cString: header.name), header.value.map { Array($0) }))
        }
        self.init(headers)
    }
}

/// A header where librdkafka has it.
package struct NativeHeader {
    /// Its name, ended by a NUL.
    package let name: UnsafePointer<CChar>

    /// Its value; `nil` for none.
    package let value: UnsafeRawBufferPointer?

    /// Shows all headers of a message, in order, to `body`, which must not keep them.
    static func forEach(of list: OpaquePointer, _ body: (NativeHeader) -> Void) {
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var count = 0
        var index = 0
        // All belong to the message.
        while rd_kafka_header_get_all(list, index, &name, &value, &count).isNone {
            index += 1
            guard let name else { continue }
            body(NativeHeader(name: name, value: value.map { UnsafeRawBufferPointer(start: $0, count: count) }))
        }
    }
}

extension KafkaConsumedRecord {
    /// Shows all headers to `body` where they are, in order; it must not keep them.
    package func forEachHeader(_ body: (NativeHeader) -> Void) {
        switch source {
        case .fetched(let batch, let message):
            if let list = batch.headers(message) { NativeHeader.forEach(of: list, body) }
            withExtendedLifetime(batch) {}
        case .made(let record):
            for header in record.headers {
                header.name.withCString { name in
                    guard let value = header.value else { return body(NativeHeader(name: name, value: nil)) }
                    value.withUnsafeBytes { body(NativeHeader(name: name, value: $0)) }
                }
            }
        }
    }
}
