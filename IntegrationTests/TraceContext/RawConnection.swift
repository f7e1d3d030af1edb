// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A connection to a server on this machine, by the calls of the system.
///
/// Calls that a signal interrupted go on, and what fails says at which call and why.
final class RawConnection {
    private let descriptor: Int32

    init(to port: Int) throws {
        #if canImport(Glibc)
        let type = Int32(SOCK_STREAM.rawValue)
        #else
        let type = SOCK_STREAM
        #endif
        descriptor = Int32(try Self.checked("socket") { Int(socket(AF_INET, type, 0)) })
        // A test whose answer never comes fails rather than hangs.
        try set(SO_RCVTIMEO, timeval(tv_sec: 60, tv_usec: 0))
        try set(SO_SNDTIMEO, timeval(tv_sec: 60, tv_usec: 0))
        #if canImport(Darwin)
        try set(SO_NOSIGPIPE, Int32(1))
        #endif
        try connect(to: port)
    }

    deinit { close(descriptor) }

    /// Sends all of it.
    func send(_ bytes: [UInt8]) throws {
        #if canImport(Darwin)
        let flags: Int32 = 0
        #else
        let flags = Int32(MSG_NOSIGNAL)
        #endif
        var sent = 0
        while sent < bytes.count {
            sent += try Self.checked("send after \(sent) of \(bytes.count) bytes") {
                bytes.withUnsafeBytes {
                    let rest = UnsafeRawBufferPointer(rebasing: $0[sent...])
                    return Foundation.send(descriptor, rest.baseAddress, rest.count, flags)
                }
            }
        }
    }

    /// Reads until the other side closes.
    func receiveAll() throws -> [UInt8] {
        var received: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = try Self.checked("recv after \"\(String(decoding: received, as: UTF8.self))\"") {
                recv(descriptor, &piece, piece.count, 0)
            }
            if count == 0 { return received }
            received += piece[..<count]
        }
    }

    private func connect(to port: Int) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Foundation.connect(descriptor, $0, size) }
        }
        guard result != 0 else { return }
        guard errno == EINTR else { throw Self.failure("connect", errno) }
        // It goes on by itself: a second call would only say so.
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        let ready = try Self.checked("connect") { Int(poll(&waiting, 1, 60_000)) }
        var error = ready == 0 ? ETIMEDOUT : 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        if ready != 0 { _ = getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) }
        if error != 0 { throw Self.failure("connect", error) }
    }

    private func set<Value: BitwiseCopyable>(_ option: Int32, _ value: Value) throws {
        _ = try Self.checked("setsockopt") {
            withUnsafeBytes(of: value) {
                Int(setsockopt(descriptor, SOL_SOCKET, option, $0.baseAddress, socklen_t($0.count)))
            }
        }
    }

    /// What the call returns, once no signal interrupts it.
    private static func checked(_ name: @autoclosure () -> String, _ call: () -> Int) throws -> Int {
        while true {
            let result = call()
            if result >= 0 { return result }
            let code = errno
            if code != EINTR { throw failure(name(), code) }
        }
    }

    private static func failure(_ name: String, _ code: Int32) -> ServiceProcess.Failure {
        ServiceProcess.Failure(description: "\(name): \(String(cString: strerror(code)))")
    }
}
