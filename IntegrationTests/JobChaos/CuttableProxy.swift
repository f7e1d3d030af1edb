// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Stands between a program and a server, and can be cut half-open: then it takes connections and bytes, and nothing of
/// it arrives, nor does anybody hear that the other end is gone.
///
/// `@unchecked Sendable`: what changes is touched only while `lock` is held.
final class CuttableProxy: @unchecked Sendable {
    /// One connection, from the program to here and from here to the server.
    private final class Link: @unchecked Sendable {
        let near: Int32
        let far: Int32
        let lock = NSLock()
        private var isDead = false
        private var pumps = 2

        init(near: Int32, far: Int32, isDead: Bool) {
            (self.near, self.far, self.isDead) = (near, far, isDead)
        }

        var isCut: Bool { lock.withLock { isDead } }
        func cut() { lock.withLock { isDead = true } }

        /// Both ends learn of it, unless the link is over: then its descriptors are other files'.
        func hangUp() {
            lock.withLock {
                guard pumps > 0 else { return }
                shutdown(near, Int32(SHUT_RDWR))
                shutdown(far, Int32(SHUT_RDWR))
            }
        }

        func pumpEnded() {
            lock.withLock {
                pumps -= 1
                guard pumps == 0 else { return }
                close(near)
                close(far)
            }
        }
    }

    let port: UInt16
    private let target: UInt16
    private let listener: Int32
    private let lock = NSLock()
    private var isCut = false
    private var links: [Link] = []

    /// Stands before a port of this machine.
    init(to target: UInt16) throws {
        self.target = target
        listener = Self.makeSocket()
        var address = Self.address(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isThere = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        guard isThere else { throw POSIXError(.EADDRINUSE) }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { self.serve() }
    }

    // The thread that serves is over, and nobody can stop it any more.
    deinit { close(listener) }

    /// From now on nothing gets through, and no connection that is there ever comes back.
    func cut() {
        let links = lock.withLock {
            isCut = true
            return self.links
        }
        for link in links { link.cut() }
    }

    /// Lets new connections through.
    func heal() { lock.withLock { isCut = false } }

    /// Hangs up on everybody.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        for link in lock.withLock({ links }) { link.hangUp() }
    }

    private func serve() {
        while case let near = accept(listener, nil, nil), near >= 0 {
            // Those that come while it is cut are taken too, and never get anywhere.
            let far = Self.makeSocket()
            var address = Self.address(target)
            let isDead = lock.withLock { isCut }
            let isConnected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    isDead || connect(far, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            guard isConnected else {
                close(near)
                close(far)
                continue
            }
            let link = Link(near: near, far: far, isDead: isDead)
            lock.withLock { links.append(link) }
            for (from, to) in [(near, far), (far, near)] {
                Thread.detachNewThread {
                    Self.pump(from, to, of: link)
                    link.pumpEnded()
                }
            }
        }
    }

    #if canImport(Glibc)
    private static let noSignal = Int32(MSG_NOSIGNAL)
    #else
    private static let noSignal: Int32 = 0
    #endif

    private static func pump(_ from: Int32, _ to: Int32, of link: Link) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(from, &buffer, buffer.count), count > 0 {
            guard !link.isCut else { continue }
            var sent = 0
            while sent < count {
                let more = buffer.withUnsafeBytes {
                    send(to, UnsafeRawBufferPointer(rebasing: $0[sent...]).baseAddress, count - sent, noSignal)
                }
                guard more > 0 else { break }
                sent += more
            }
        }
        // The other end hears of it, unless the line is cut.
        if !link.isCut { shutdown(to, Int32(SHUT_WR)) }
    }

    private static func makeSocket() -> Int32 {
        #if canImport(Glibc)
        socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        #else
        socket(AF_INET, SOCK_STREAM, 0)
        #endif
    }

    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = port.bigEndian
        return address
    }
}
