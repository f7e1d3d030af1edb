// SPDX-License-Identifier: Apache-2.0

import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Keeps the ports of brokers that are down, so that nobody else on the machine gets one meanwhile: librdkafka ends the
/// process when a broker can't have its port back.
///
/// A socket that is bound and doesn't listen refuses connections, as a broker that is down does, and stands in the way of
/// nobody but those who ask for any free port.
final class ReservedPorts: Sendable {
    private let sockets = Mutex<[UInt16: Int32]>([:])

    deinit {
        for socket in sockets.withLock({ $0.values }) where socket != Self.nobody { close(socket) }
    }

    func reserve(_ ports: [UInt16]) {
        sockets.withLock { sockets in
            for port in ports where sockets[port] == nil { sockets[port] = Self.bound(to: port) ?? Self.nobody }
        }
    }

    /// The first of those ports that was to be kept and that somebody else got in between, if that still has it.
    func missing(of ports: [UInt16]) -> UInt16? {
        sockets.withLock { sockets in
            for port in ports where sockets[port] == Self.nobody { sockets[port] = Self.bound(to: port) ?? Self.nobody }
            return ports.first { sockets[$0] == Self.nobody }
        }
    }

    /// In the place of a socket that could not be had.
    private static var nobody: Int32 { -1 }

    func release(_ ports: [UInt16]) {
        sockets.withLock { sockets in
            for port in ports {
                if let socket = sockets.removeValue(forKey: port), socket != Self.nobody { close(socket) }
            }
        }
    }

    private static func bound(to port: UInt16) -> Int32? {
        #if canImport(Glibc)
        let type = Int32(SOCK_STREAM.rawValue)
        #else
        let type = SOCK_STREAM
        #endif
        let socket = socket(AF_INET, type, 0)
        guard socket >= 0 else { return nil }
        var on: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isBound { return socket }
        close(socket)
        return nil
    }
}
