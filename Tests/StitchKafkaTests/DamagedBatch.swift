// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A batch of records that no producer would send, written into a mock cluster by the protocol itself.
struct DamagedBatch {
    struct Failure: Error {}

    /// Which compression it says to have: 1 to 4 are known.
    var codec: Int16 = 0

    /// The record, which is no compressed data: attributes, time, offset, no key, a value of one byte, no headers.
    private static let record: [UInt8] = [14, 0, 0, 0, 1, 2, 7, 0]

    private var bytes: [UInt8] {
        var body: [UInt8] = big(Int32(0)) + [2] + big(Int32(0x0bad)) + big(codec) + big(Int32(0))
        let now = Int64(Date.now.timeIntervalSince1970 * 1000)
        body += big(now) + big(now) + big(Int64(-1)) + big(Int16(-1)) + big(Int32(-1)) + big(Int32(1)) + Self.record
        return big(Int64(0)) + big(Int32(body.count)) + body
    }

    /// Sends it to partition 0 of a topic, and waits for the answer.
    func write(to topic: String, at address: String) throws {
        let batch = bytes
        var request: [UInt8] = big(Int16(0)) + big(Int16(7)) + big(Int32(1)) + big(Int16(-1))
        request += big(Int16(-1)) + big(Int16(1)) + big(Int32(5000)) + big(Int32(1)) + big(Int16(topic.utf8.count))
        request += Array(topic.utf8) + big(Int32(1)) + big(Int32(0)) + big(Int32(batch.count)) + batch
        request = big(Int32(request.count)) + request
        guard let port = address.split(separator: ":").last.flatMap({ UInt16($0) }) else { throw Failure() }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = port.bigEndian
        target.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &target) { target in
            target.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected, send(descriptor, request, request.count, 0) == request.count else { throw Failure() }
        var answer = [UInt8](repeating: 0, count: 4)
        guard recv(descriptor, &answer, 4, 0) == 4 else { throw Failure() }
    }

    private func big(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
