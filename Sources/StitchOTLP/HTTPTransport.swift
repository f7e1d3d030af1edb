// SPDX-License-Identifier: Apache-2.0

/// A request to be sent with POST.
struct HTTPPost {
    var url: String
    /// The fields of the head, which may hold secrets.
    var fields: [(name: String, value: String)]
    var body: [UInt8]
}

/// What came of sending a request once.
enum HTTPOutcome: Sendable {
    case answered(HTTPAnswer)
    case unconnected(String)
    case disconnected(String)
    case failed(String)
    case timedOut
    case interrupted
}

/// A server's answer, as much of it as an exporter asks for.
struct HTTPAnswer: Sendable {
    var status: Int
    var retryAfter: String?
    var body: [UInt8] = []
}

/// Sends requests, one at a time, on the thread that asks for it.
protocol HTTPTransport: Sendable {
    /// Sends a request once; blocks until it is answered, at most for `timeout`.
    func post(_ request: HTTPPost, within timeout: Duration) -> HTTPOutcome

    /// Ends the request under way, and every later one, with ``HTTPOutcome/timedOut`` when so much time has passed.
    ///
    /// From any thread; doesn't wait.
    func finish(within timeout: Duration)

    /// Ends the request under way, and every later one, with ``HTTPOutcome/interrupted``.
    ///
    /// From any thread; doesn't wait.
    func interrupt()
}
