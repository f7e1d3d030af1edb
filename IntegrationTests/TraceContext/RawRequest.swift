// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A request whose fields go out byte for byte, repeated ones and odd ones too, which no client library would send.
struct RawRequest {
    struct Answer: Sendable {
        var status: Int
        var body: String
    }

    var fields: [(String, String)] = []
    var body: String

    /// Sends it to `/test` of a server on this machine.
    func post(to port: Int) async throws -> Answer {
        var head = "POST /test HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        for (name, value) in fields { head += "\(name):\(value)\r\n" }
        head += "Content-Length: \(body.utf8.count)\r\n\r\n"
        let bytes = Array((head + body).utf8)
        let text = await onThread { Self.exchange(bytes, port) }
        let parts = text.components(separatedBy: "\r\n\r\n")
        guard parts.count > 1, let status = parts[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw ServiceProcess.Failure(description: "no HTTP came back: \"\(text)\"")
        }
        return Answer(status: status, body: parts.dropFirst().joined(separator: "\r\n\r\n"))
    }

    /// Sends, and reads until the other side closes.
    private static func exchange(_ bytes: [UInt8], _ port: Int) -> String {
        #if canImport(Glibc)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
        let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        defer { close(descriptor) }
        // A test whose answer never comes fails rather than hangs.
        var timeout = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        guard connected == 0, write(descriptor, bytes, bytes.count) == bytes.count else { return "" }
        var received: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while case let count = read(descriptor, &piece, piece.count), count > 0 { received += piece[..<count] }
        return String(decoding: received, as: UTF8.self)
    }
}
