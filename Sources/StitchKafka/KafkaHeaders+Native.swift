// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

extension KafkaHeaders {
    /// A copy of headers that librdkafka has.
    init(copying list: OpaquePointer) {
        var headers: [KafkaHeader] = []
        headers.reserveCapacity(rd_kafka_header_cnt(list))
        for (name, value) in NativeHeaderSequence(list) {
            headers.append(KafkaHeader(name.string, value.map { Array($0) }))
        }
        self.init(headers)
    }
}

/// The headers of a message where librdkafka has them, in order.
///
/// Not to be kept longer than it says where they come from.
package struct NativeHeaderSequence: Sequence, IteratorProtocol {
    private let list: OpaquePointer
    private var index = 0

    init(_ list: OpaquePointer) { self.list = list }

    /// The next one; a header without a value has `nil`.
    package mutating func next() -> (name: NativeHeaderName, value: UnsafeRawBufferPointer?)? {
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var count = 0
        // All belong to the list.
        guard rd_kafka_header_get_all(list, index, &name, &value, &count).isNone, let name else { return nil }
        index += 1
        return (
            NativeHeaderName(text: name), value.map { UnsafeRawBufferPointer(start: $0, count: count) }
        )
    }

    /// The same, with names of Swift's.
    package var named: some Sequence<(name: String, value: UnsafeRawBufferPointer?)> {
        lazy.map { (name: $0.name.string, value: $0.value) }
    }
}

/// The name of a header where librdkafka has it, ended by a NUL.
package struct NativeHeaderName {
    let text: UnsafePointer<CChar>

    package var string: String { String(cString: text) }

    /// What it begins with; `nil` for no name.
    package var firstByte: UInt8? { text[0] == 0 ? nil : UInt8(bitPattern: text[0]) }

    /// Whether it is this one.
    @inline(__always)
    package func isEqual(to name: StaticString) -> Bool {
        let (bytes, count) = (name.utf8Start, name.utf8CodeUnitCount)
        // The first difference ends it, so that nothing is read behind a NUL.
        for index in 0..<count where UInt8(bitPattern: text[index]) != bytes[index] { return false }
        return text[count] == 0
    }
}

extension KafkaConsumedRecord {
    /// Shows the headers of a record that was fetched to `body` where they are; it must not keep them.
    ///
    /// - Parameter body: Gets `nil` for a record without headers.
    /// - Returns: What `body` returns; `nil` for a record that was made.
    package func withNativeHeaders<Success>(_ body: (NativeHeaderSequence?) -> Success) -> Success? {
        guard case .fetched(let batch, let message) = source else { return nil }
        defer { withExtendedLifetime(batch) {} }
        return batch.withHeaders(message) { body($0.map { NativeHeaderSequence($0) }) }
    }
}
