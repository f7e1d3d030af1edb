// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A server of HTTP at a free port, on threads of its own, that is in trouble.
final class TroubledReceiver: Sendable {
    private let trouble: Trouble
    private let listener: Int32
    let endpoint: String

    init(_ trouble: Trouble) throws {
        self.trouble = trouble
        #if canImport(Darwin)
        let listener = socket(AF_INET, SOCK_STREAM, 0)
        #else
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRINUSE) }
        self.listener = listener
        endpoint = "http://127.0.0.1:\(in_port_t(bigEndian: address.sin_port))"
        // Who is down has a port that nobody else gets, and listens not.
        guard trouble != .down else { return }
        guard listen(listener, 16) == 0 else { throw POSIXError(.EADDRINUSE) }
        Thread.detachNewThread { self.serve() }
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private func serve() {
        while case let connection = accept(listener, nil, nil), connection >= 0 {
            Thread.detachNewThread { self.answer(connection) }
        }
    }

    private func answer(_ connection: Int32) {
        defer { close(connection) }
        var reader = RequestReader(connection)
        while reader.skipRequest() {
            if trouble == .silent {
                // Until the other end gives up.
                while reader.skip() {}
                return
            }
            guard let answer = trouble.answer, write(connection, answer, answer.utf8.count) == answer.utf8.count else {
                return
            }
        }
    }
}

/// Reads requests with a `Content-Length`, and keeps nothing of them.
struct RequestReader {
    private let connection: Int32
    private var bytes: [UInt8] = []
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    init(_ connection: Int32) { self.connection = connection }

    /// Reads what there is; false at the end of the connection.
    mutating func skip() -> Bool {
        let count = read(connection, &buffer, buffer.count)
        guard count > 0 else { return false }
        bytes += buffer[..<count]
        return true
    }

    /// Reads one request; false at the end of the connection.
    mutating func skipRequest() -> Bool {
        while true {
            if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
                let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).lowercased()
                let field = head.components(separatedBy: "content-length: ").dropFirst().first
                let length = field.flatMap { Int($0.prefix(while: \.isNumber)) } ?? 0
                if bytes.count >= end.upperBound + length {
                    bytes.removeFirst(end.upperBound + length)
                    return true
                }
            }
            guard skip() else { return false }
        }
    }
}
