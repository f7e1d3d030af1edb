// SPDX-License-Identifier: Apache-2.0

import Dispatch
public import StitchService

/// Answers HTTP/1.1 requests.
///
/// **Contract.** Listens from `init` on. Each request is received whole, then handled in a task of its own; many run at
/// once, also on few threads. ``shutdown()`` refuses new connections and answers new requests with 503, lets those in
/// flight finish within `drain`, then cancels their handlers; cancelling the task of ``run()`` does that at once. A
/// handler that ignores cancellation delays the end. A client that leaves doesn't cancel the handler of its request. A
/// server that is dropped without a shutdown stops as if `run()` had been cancelled.
///
/// Unknown paths are answered with 404, other methods than a path's with 405, bodies above the limit with 413, heads above
/// 32 KiB with 431 or 413, and what is no HTTP with 400.
public final class HTTPServer: Service {
    /// How the server was set up.
    public let configuration: HTTPServerConfiguration

    /// The port that the server listens at, also when the configuration left the choice open.
    public let port: Int

    private let core: ServerCore

    /// Makes a server that listens.
    ///
    /// - Parameters:
    ///   - configuration: Where it listens and how much it takes.
    ///   - routes: What answers which requests; see ``HTTPRoute``.
    /// - Throws: ``HTTPError`` if a setting or a route is wrong, or the address can't be listened at, such as
    ///   ``HTTPError/Code/addressInUse``.
    public init(
        _ configuration: HTTPServerConfiguration = HTTPServerConfiguration(),
        routes: [HTTPRoute]
    ) throws(HTTPError) {
        try configuration.validate()
        let core = ServerCore(configuration, try RouteTable(routes))
        let listener = try ListeningSocket(host: configuration.host, port: configuration.port)
        try core.start(listener)
        self.configuration = configuration
        self.core = core
        port = listener.port
    }

    deinit {
        core.cancel()
    }

    /// `HTTPServer(127.0.0.1:8080)`.
    public var name: String {
        configuration.host.contains(":")
            ? "HTTPServer([\(configuration.host)]:\(port))" : "HTTPServer(\(configuration.host):\(port))"
    }

    /// When a request was answered last, and whether the server is shut down.
    public var health: ServiceHealth { core.health }

    /// Returns when the server has been shut down; never throws.
    ///
    /// Cancelling the calling task shuts the server down without letting anything finish.
    public func run() async throws {
        await withTaskCancellationHandler {
            await core.stopped()
        } onCancel: {
            core.cancel()
        }
    }

    /// Stops accepting, lets requests in flight finish within `drain`, then cancels their handlers; returns when all
    /// connections are closed.
    public func shutdown() async {
        core.drain()
        let alarm = DispatchWorkItem { [core] in core.cancel() }
        let (seconds, attoseconds) = configuration.drain.components
        let nanoseconds = Double(seconds) * 1e9 + Double(attoseconds) / 1e9
        // A drain of centuries never ends by the clock.
        if nanoseconds < 1e18 {
            DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(Int(nanoseconds)), execute: alarm)
        }
        await core.stopped()
        alarm.cancel()
    }
}
