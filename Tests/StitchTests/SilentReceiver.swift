// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Lets everybody connect, and never answers.
final class SilentReceiver: Sendable {
    private let listener: Int32
    let endpoint: String

    init() throws {
        #if canImport(Glibc) || canImport(Musl)
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
    }

    func stop() { close(listener) }
}
