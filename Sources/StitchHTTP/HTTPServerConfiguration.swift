// SPDX-License-Identifier: Apache-2.0

/// Where an HTTP server listens and how much it takes.
///
/// At most `maximumConnections` × `maximumBodySize` bytes of bodies are in memory at once.
public struct HTTPServerConfiguration: Sendable {
    /// The address to listen at: an IP address of this machine or `localhost`; `0.0.0.0` or `::` for all of them.
    public var host = "127.0.0.1"

    /// The port, 0 to 65535; 0 takes a free one, which ``HTTPServer/port`` tells.
    public var port: Int

    /// The largest body that is taken, in bytes, 0 or more; a larger one is answered with 413.
    public var maximumBodySize = 1 << 20

    /// How many connections are open at once, 1 to 65535; further ones wait in the system's queue.
    public var maximumConnections = 1024

    /// How long a shutdown lets requests in flight finish before it cancels their handlers.
    public var drain = Duration.seconds(30)

    /// How long a connection may be silent before it is closed, 1 second to 1 day, rounded up to whole seconds.
    ///
    /// The time that a handler takes does not count.
    public var idleTimeout = Duration.seconds(60)

    /// Describes a server on this machine's loopback address.
    ///
    /// - Parameter port: The port, 0 to 65535; 0 takes a free one.
    public init(port: Int = 0) {
        self.port = port
    }

    func validate() throws(HTTPError) {
        try require(!host.isEmpty && !host.contains("\0"), "host", host, "write an IP address such as 127.0.0.1")
        try require((0...65535).contains(port), "port", port, "write 0 to 65535; 0 takes a free one")
        try require(maximumBodySize >= 0, "maximumBodySize", maximumBodySize, "write 0 bytes or more")
        try require(
            (1...65535).contains(maximumConnections),
            "maximumConnections",
            maximumConnections,
            "write 1 to 65535"
        )
        try require(drain >= .zero, "drain", drain, "write zero or longer")
        try require(
            idleTimeout >= .seconds(1) && idleTimeout <= .seconds(86400),
            "idleTimeout",
            idleTimeout,
            "write 1 second to 1 day"
        )
    }

    private func require(_ isRight: Bool, _ option: String, _ value: Any, _ advice: String) throws(HTTPError) {
        if !isRight { throw HTTPError(.invalidConfiguration, "\(option) is \(value); \(advice)") }
    }
}
