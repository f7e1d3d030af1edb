// SPDX-License-Identifier: Apache-2.0

import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

#if canImport(Glibc)
private let noSignal = Int32(MSG_NOSIGNAL)
#else
private let noSignal = MSG_NOSIGNAL
#endif

/// A bare connection to a server under test: sends bytes and reads answers, away from the cooperative pool.
final class TestClient: Sendable {
    struct Answer: Sendable {
        var status: Int
        var head: String
        var body: String

        func values(of name: String) -> [String] {
            head.split(separator: "\r\n").dropFirst().compactMap { line in
                let parts = line.split(separator: ":", maxSplits: 1)
                guard parts.count == 2, parts[0].lowercased() == name.lowercased() else { return nil }
                return String(parts[1].drop { $0 == " " })
            }
        }
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private let descriptor: Int32

    init(port: Int) throws {
        #if canImport(Glibc)
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
        descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        // A test whose answer never comes fails rather than hangs.
        var timeout = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        if result != 0 { throw Failure(description: "connect: \(String(cString: strerror(errno)))") }
    }

    deinit {
        close(descriptor)
    }

    /// Sends text; `\n` stands for the line ends of HTTP.
    func send(_ text: String) async throws {
        try await send(bytes: Array(text.replacing("\n", with: "\r\n").utf8))
    }

    func send(bytes: [UInt8]) async throws {
        let descriptor = self.descriptor
        try await onThread {
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    sendto(descriptor, $0.baseAddress, $0.count, noSignal, nil, 0)
                }
                guard count > 0 else { throw Failure(description: "send: \(String(cString: strerror(errno)))") }
                sent += count
            }
        }
    }

    /// Sends a request without a body and reads its answer.
    func get(_ target: String, method: String = "GET") async throws -> Answer {
        try await send("\(method) \(target) HTTP/1.1\nHost: test\n\n")
        return try await answer(hasBody: method != "HEAD")
    }

    /// Sends a request with a body and reads its answer.
    func post(_ target: String, _ body: String) async throws -> Answer {
        try await send("POST \(target) HTTP/1.1\nHost: test\nContent-Length: \(body.utf8.count)\n\n\(body)")
        return try await answer()
    }

    /// Reads one answer, and not a byte beyond it.
    func answer(hasBody: Bool = true) async throws -> Answer {
        let descriptor = self.descriptor
        return try await onThread {
            func read(_ count: Int) throws -> [UInt8] {
                var bytes = [UInt8](repeating: 0, count: count)
                var filled = 0
                while filled < count {
                    let got = bytes[filled...].withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
                    guard got > 0 else {
                        throw Failure(description: got == 0 ? "closed" : String(cString: strerror(errno)))
                    }
                    filled += got
                }
                return bytes
            }
            var head: [UInt8] = []
            while !head.ends(with: Array("\r\n\r\n".utf8)) { head += try read(1) }
            let text = String(decoding: head, as: UTF8.self)
            var answer = Answer(status: Int(text.split(separator: " ")[1]) ?? 0, head: text, body: "")
            if hasBody, let length = answer.values(of: "Content-Length").first.flatMap({ Int($0) }), length > 0 {
                answer.body = String(decoding: try read(length), as: UTF8.self)
            }
            return answer
        }
    }

    /// Whether the server has closed the connection, without another byte before.
    func isClosed() async throws -> Bool {
        let descriptor = self.descriptor
        return try await onThread {
            var byte: UInt8 = 0
            let got = recv(descriptor, &byte, 1, 0)
            return got == 0 || (got < 0 && errno == ECONNRESET)
        }
    }

    private func onThread<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Swift.Result { try work() }) }
        }
    }
}

extension Array where Element: Equatable {
    fileprivate func ends(with other: [Element]) -> Bool { count >= other.count && Array(suffix(other.count)) == other }
}
