// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchOTLP
import TelemetryData

/// Takes spans and metrics in, in protobuf, on threads of its own: a process that ends gives it a few seconds, which the
/// threads that all tests share may need for something else.
///
/// `@unchecked Sendable`: what changes is touched only while `lock` is held.
final class ThreadedReceiver: @unchecked Sendable {
    private let lock = NSLock()
    private let listener: Int32
    private var receivedSpans: [SpanData] = []
    private var receivedMetrics: [MetricData] = []
    private var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    let endpoint: String

    init() throws {
        #if canImport(Glibc)
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
        let listener = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        guard result else { throw POSIXError(.EADDRINUSE) }
        self.listener = listener
        endpoint = "http://127.0.0.1:\(in_port_t(bigEndian: address.sin_port))"
        Thread.detachNewThread { self.serve() }
    }

    // The thread that serves is over, and nobody can stop it any more.
    deinit { close(listener) }

    var spans: [SpanData] { lock.withLock { receivedSpans } }
    var metrics: [MetricData] { lock.withLock { receivedMetrics } }

    /// The spans, once there are so many.
    func spans(atLeast count: Int) async -> [SpanData] {
        await withCheckedContinuation { continuation in
            let isThere = lock.withLock {
                if receivedSpans.count < count { waiting.append((count, continuation)) }
                return receivedSpans.count >= count
            }
            if isThere { continuation.resume() }
        }
        return spans
    }

    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve() {
        while case let connection = accept(listener, nil, nil), connection >= 0 {
            Thread.detachNewThread {
                while let (head, body) = Self.request(connection) {
                    let isTaken = self.take(head, body)
                    let answer = "HTTP/1.1 \(isTaken ? "200 OK" : "400 Bad")\r\nContent-Length: 0\r\n\r\n"
                    guard write(connection, answer, answer.utf8.count) == answer.utf8.count else { break }
                }
                close(connection)
            }
        }
    }

    private func take(_ head: String, _ body: [UInt8]) -> Bool {
        if head.hasPrefix("POST /v1/traces "), let spans = try? OTLP.decode(body).spans {
            let served = lock.withLock {
                receivedSpans += spans
                let served = waiting.filter { $0.count <= receivedSpans.count }
                waiting.removeAll { $0.count <= receivedSpans.count }
                return served
            }
            for waiter in served { waiter.continuation.resume() }
        } else if head.hasPrefix("POST /v1/metrics "), let metrics = try? OTLPMetrics.decode(body) {
            lock.withLock { receivedMetrics += metrics }
        } else {
            return false
        }
        return true
    }

    /// The next request; `nil` at the end of the connection.
    private static func request(_ connection: Int32) -> (head: String, body: [UInt8])? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
                let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
                let field = head.lowercased().components(separatedBy: "content-length: ").dropFirst().first
                let length = field.flatMap { Int($0.prefix(while: \.isNumber)) } ?? 0
                let body = bytes[end.upperBound...]
                if body.count >= length { return (head, Array(body.prefix(length))) }
            }
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
    }
}
