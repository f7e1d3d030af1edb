// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A server that does with each request what its script says, right or wrong, on a thread of its own.
///
/// `@unchecked Sendable`: what changes is touched only while `condition` is locked.
final class ScriptedServer: @unchecked Sendable {
    enum Step {
        case answer(Int, [String] = [], String = "")
        /// Closes the connection without an answer.
        case cut
        /// Closes it in the middle of one.
        case cutWithin(Int)
        /// Says something that is no HTTP.
        case babble
        /// Never answers.
        case hang
    }

    struct Request {
        var head: String
        var body: [UInt8]

        func value(of name: String) -> String? {
            head.split(separator: "\r\n").dropFirst().lazy.compactMap { line in
                let parts = line.split(separator: ":", maxSplits: 1)
                return parts.count == 2 && parts[0].lowercased() == name
                    ? parts[1].trimmingCharacters(in: .whitespaces) : nil
            }.first
        }
    }

    let port: Int
    private let listener: Int32
    private let condition = NSCondition()
    private var script: [Step]
    private var received: [Request] = []
    private var accepted = 0
    private var isClosed = false

    /// Listens; when the script is over, its last step is done again and again.
    init(_ script: [Step]) throws {
        self.script = script
        #if canImport(Glibc) || canImport(Musl)
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
        listener = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        guard result else { throw POSIXError(.EADDRINUSE) }
        port = Int(in_port_t(bigEndian: address.sin_port))
        Thread { self.serve() }.start()
    }

    var url: String { "http://127.0.0.1:\(port)/v1/traces" }

    /// What has come so far.
    var requests: [Request] { condition.withLock { received } }

    /// How many connections were made.
    var connectionCount: Int { condition.withLock { accepted } }

    /// Returns when so many requests have come.
    func waitForRequests(_ count: Int) {
        condition.withLock { while received.count < count { condition.wait() } }
    }

    /// Refuses connections from now on.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// Refuses connections, for certain, when it returns.
    func stopAndWait() {
        stop()
        condition.withLock { while !isClosed { condition.wait() } }
    }

    private func serve() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { break }
            condition.withLock { accepted += 1 }
            Thread {
                while let request = self.read(connection), self.answer(request, connection) {}
                close(connection)
            }.start()
        }
        close(listener)
        condition.withLock {
            isClosed = true
            condition.broadcast()
        }
    }

    /// Whether the connection goes on.
    private func answer(_ request: Request, _ connection: Int32) -> Bool {
        let step = condition.withLock {
            received.append(request)
            condition.broadcast()
            return script.count > 1 ? script.removeFirst() : script[0]
        }
        switch step {
        case .answer(let status, let fields, let body):
            let head = ["HTTP/1.1 \(status) Said", "Content-Length: \(body.utf8.count)"] + fields
            write(head.joined(separator: "\r\n") + "\r\n\r\n" + body, to: connection)
            return true
        case .cut: return false
        case .cutWithin(let status):
            write("HTTP/1.1 \(status) Said\r\nContent-Length: 100\r\n\r\n{", to: connection)
            return false
        case .babble:
            write("SSH-2.0-OpenSSH_9.2\r\n\r\n", to: connection)
            return false
        case .hang:
            var byte: UInt8 = 0
            return recv(connection, &byte, 1, 0) > 0
        }
    }

    private func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
                var request = Request(head: String(decoding: bytes[..<end.lowerBound], as: UTF8.self), body: [])
                let length = request.value(of: "content-length").flatMap { Int($0) } ?? 0
                if bytes.count - end.upperBound >= length {
                    request.body = Array(bytes[end.upperBound...].prefix(length))
                    return request
                }
            }
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
    }

    private func write(_ text: String, to connection: Int32) {
        #if canImport(Darwin)
        let flags: Int32 = 0
        #else
        let flags = Int32(MSG_NOSIGNAL)
        #endif
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Foundation.send(connection, $0.baseAddress, $0.count, flags) }
            guard count > 0 else { return }
            sent += count
        }
    }
}
