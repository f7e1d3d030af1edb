// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// Headers that go along with what stands for a record, from one record to the next.
///
/// librdkafka frees a record's headers with its report, one piece of memory after the other. They can be had back instead, and
/// written over where they are: the values are copies of librdkafka's own, as long as those of the record before.
struct ReusedHeaders {
    /// librdkafka's list: its own while the record is on its way.
    var list: OpaquePointer?
    /// Whether the list is ours.
    var isHere = false
    /// Where the values are, as soon as that was asked for, and how long.
    var values: (UnsafeMutableRawBufferPointer, UnsafeMutableRawBufferPointer)?
    var count = 0
}

extension PendingSend {
    /// Headers of the names and the lengths that all records have for which this object stood before.
    ///
    /// - Parameter fields: Hands out one name and value or two, the same at each call.
    /// - Returns: The headers.
    @inline(__always)
    package func headers(
        _ fields: (_ write: (StaticString, UnsafeRawBufferPointer) -> Void) -> Void
    ) -> NativeHeaders {
        if let list = takeHeaders(), let values = reused.values {
            var count = 0
            fields { _, bytes in
                let value = count == 0 ? values.0 : values.1
                if count < 2, value.count == bytes.count { value.copyMemory(from: bytes) } else { count = 3 }
                count += 1
            }
            if count == reused.count { return NativeHeaders(taking: list) }
            rd_kafka_headers_destroy(list)
        }
        let headers = NativeHeaders(roomFor: 2)
        var count = 0
        fields { name, bytes in
            headers.add(name, bytes)
            count += 1
        }
        reused = ReusedHeaders(list: headers.list, count: count)
        return headers
    }

    /// The list, if it is ours, with its values looked up.
    private func takeHeaders() -> OpaquePointer? {
        guard reused.isHere, let list = reused.list else { return nil }
        reused.isHere = false
        if reused.values == nil { reused.values = Self.values(of: list, reused.count) }
        return list
    }

    private static func values(
        of list: OpaquePointer,
        _ count: Int
    ) -> (UnsafeMutableRawBufferPointer, UnsafeMutableRawBufferPointer) {
        func value(_ index: Int) -> UnsafeMutableRawBufferPointer {
            var (name, bytes, length): (UnsafePointer<CChar>?, UnsafeRawPointer?, Int) = (nil, nil, 0)
            let error = rd_kafka_header_get_all(list, index, &name, &bytes, &length)
            guard error.isNone, let bytes else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
            // The list is ours, and so are the copies of values in it.
            return UnsafeMutableRawBufferPointer(start: UnsafeMutableRawPointer(mutating: bytes), count: length)
        }
        return (value(0), value(1))
    }

    /// Has the headers of a record that was reported back, before the report goes with them.
    func retrieveHeaders(from message: borrowing ReportedMessage) {
        // A record with others of its own has gone without them.
        guard !reused.isHere, let kept = reused.list else { return }
        var list: OpaquePointer?
        // What is detached is ours.
        let error = rd_kafka_message_detach_headers(UnsafeMutablePointer(mutating: message.message), &list)
        if error.isNone, list == kept {
            reused.isHere = true
        } else {
            if error.isNone, let list { rd_kafka_headers_destroy(list) }
            reused = ReusedHeaders()
        }
    }

    /// Gives the headers up.
    func destroyHeaders() {
        if reused.isHere, let list = reused.list { rd_kafka_headers_destroy(list) }
    }
}
