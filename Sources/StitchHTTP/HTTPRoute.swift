// SPDX-License-Identifier: Apache-2.0

/// Which requests a handler answers.
///
/// ```swift
/// let server = try HTTPServer(HTTPServerConfiguration(port: 8080), routes: [
///     .get("/orders/{id}") { request in .text("order \(request.parameters["id"] ?? "")") },
///     .post("/orders") { request in try .json(save(request.body), status: 201) },
/// ])
/// ```
///
/// A path is matched segment by segment: a written segment before a `{name}`, which takes any one segment that isn't
/// empty. A `GET` route answers `HEAD` too, unless there is a route for that.
public struct HTTPRoute: Sendable {
    /// Answers one request; many run at once.
    ///
    /// Its task is cancelled when a shutdown's `drain` is over. What it throws is
    /// answered with 500 and told to the diagnostics, never to the client.
    public typealias Handler = @Sendable (HTTPRequest) async throws -> HTTPResponse

    /// The method, in capitals.
    public var method: String

    /// The path, such as `/orders/{id}`, without percent-encoding.
    public var path: String

    /// What answers the requests.
    public var handler: Handler

    /// A route for any method.
    ///
    /// - Parameters:
    ///   - method: The method, in capitals.
    ///   - path: The path, from its first `/` on.
    ///   - handler: What answers the requests.
    public init(_ method: String, _ path: String, _ handler: @escaping Handler) {
        self.method = method
        self.path = path
        self.handler = handler
    }

    /// A route for `GET`.
    public static func get(_ path: String, _ handler: @escaping Handler) -> HTTPRoute { Self("GET", path, handler) }

    /// A route for `POST`.
    public static func post(_ path: String, _ handler: @escaping Handler) -> HTTPRoute { Self("POST", path, handler) }

    /// A route for `PUT`.
    public static func put(_ path: String, _ handler: @escaping Handler) -> HTTPRoute { Self("PUT", path, handler) }

    /// A route for `DELETE`.
    public static func delete(_ path: String, _ handler: @escaping Handler) -> HTTPRoute {
        Self("DELETE", path, handler)
    }
}
