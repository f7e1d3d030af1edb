// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A socket that listens; whoever holds the descriptor closes it.
struct ListeningSocket {
    let descriptor: Int32
    let port: Int

    /// Never asks a name server: what a server listens at is an address.
    init(host: String, port: Int) throws(HTTPError) {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
        hints.ai_socktype = SOCK_STREAM
        #endif
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
        var found: UnsafeMutablePointer<addrinfo>?
        let address = host == "localhost" ? "127.0.0.1" : host
        // Gives a list that freeaddrinfo takes back.
        guard getaddrinfo(address, String(port), &hints, &found) == 0, let found else {
            throw HTTPError(
                .invalidConfiguration,
                "host is \(host.debugDescription); write an IP address such as 127.0.0.1, or 0.0.0.0 for all of this machine"
            )
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(found.pointee.ai_family, found.pointee.ai_socktype, found.pointee.ai_protocol)
        guard descriptor >= 0 else { throw Self.failure("Opening a socket", host, port, errno) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        // Connections of a server that was just stopped don't keep its port.
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard
            bind(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0,
            listen(descriptor, SOMAXCONN) == 0
        else {
            let number = errno
            close(descriptor)
            throw Self.failure("Listening", host, port, number)
        }
        self.descriptor = descriptor
        self.port = Self.port(of: descriptor) ?? port
    }

    private static func port(of descriptor: Int32) -> Int? {
        var name = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard getsockname(descriptor, address, &size) == 0 else { return nil }
                // Both families have the port at the same place.
                return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    Int(UInt16(bigEndian: $0.pointee.sin_port))
                }
            }
        }
    }

    private static func failure(_ attempt: String, _ host: String, _ port: Int, _ number: Int32) -> HTTPError {
        if number == EADDRINUSE {
            return HTTPError(
                .addressInUse,
                "Port \(port) of \(host) is in use by another program; stop that, or choose another port (0 takes a free one)"
            )
        }
        let reason = String(cString: strerror(number))
        return HTTPError(.cannotListen, "\(attempt) at \(host) port \(port) failed: \(reason); check host and port")
    }
}
