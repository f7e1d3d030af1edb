// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// Headers as librdkafka takes them.
///
/// Owns the list until it is given away.
package struct NativeHeaders: ~Copyable {
    private(set) var list: OpaquePointer?

    /// No headers.
    package init() {}

    /// No headers yet, with room for some.
    init(roomFor count: Int) { list = rd_kafka_headers_new(count) }

    /// Takes a list over.
    init(taking list: OpaquePointer) { self.list = list }

    /// Headers, with room for more.
    ///
    /// - Parameters:
    ///   - headers: The headers.
    ///   - capacity: How many more there will be.
    package init(_ headers: KafkaHeaders, andRoomFor capacity: Int = 0) {
        let count = headers.count + capacity
        guard count > 0 else { return }
        list = rd_kafka_headers_new(count)
        for header in headers {
            // Name and value are copied.
            var name = header.name
            name.withUTF8 { name in
                header.value.withBytes { value, valueCount in add(name, value, valueCount) }
            }
        }
    }

    deinit {
        // Only what nobody took.
        if let list { rd_kafka_headers_destroy(list) }
    }

    /// Adds a header, whose value is copied.
    package func add(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
        add(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), value.baseAddress, value.count)
    }

    private func add(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeRawPointer?, _ count: Int) {
        guard let list else { return }
        // Both are copied. There is no error that could be told.
        name.withMemoryRebound(to: CChar.self) { name in
            _ = rd_kafka_header_add(list, name.baseAddress, name.count, value, count)
        }
    }

    /// librdkafka has taken the list.
    mutating func release() { list = nil }
}
