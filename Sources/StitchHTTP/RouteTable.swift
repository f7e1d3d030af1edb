// SPDX-License-Identifier: Apache-2.0

/// Finds the route of a request.
struct RouteTable: Sendable {
    enum Match {
        case handler(HTTPRoute.Handler, parameters: [String: String])
        case methodNotAllowed(allowed: [String])
        case notFound
    }

    private enum Segment: Hashable {
        case text(String)
        case parameter
    }

    private struct Entry {
        var route: HTTPRoute
        var segments: [Segment]
        var names: [String]

        /// The parameters' values, `nil` if the path is another.
        func parameters(of path: [String]) -> [String: String]? {
            guard path.count == segments.count else { return nil }
            var values: [String] = []
            for (segment, part) in zip(segments, path) {
                switch segment {
                case .text(let text):
                    if text != part { return nil }
                case .parameter:
                    if part.isEmpty { return nil }
                    values.append(part)
                }
            }
            return Dictionary(zip(names, values)) { first, _ in first }
        }
    }

    /// Routes with written segments stand before those with parameters at the same place.
    private var entries: [Entry] = []

    init(_ routes: [HTTPRoute]) throws(HTTPError) {
        for route in routes {
            let entry = try Self.entry(route)
            if let other = entries.first(where: { $0.route.method == route.method && $0.segments == entry.segments }) {
                throw HTTPError(
                    .invalidRoute,
                    "The route \(route.method) \(route.path) is there twice, first as \(other.route.path); keep one"
                )
            }
            entries.append(entry)
        }
        entries.sort { a, b in
            for case (let left, let right) in zip(a.segments, b.segments)
            where (left == .parameter) != (right == .parameter) {
                return right == .parameter
            }
            return false
        }
    }

    /// Finds what answers a request.
    ///
    /// - Parameters:
    ///   - method: The method as it was sent.
    ///   - path: The path's decoded segments, those after its first `/`.
    /// - Returns: The handler, or what keeps the request from having one.
    func match(_ method: String, _ path: [String]) -> Match {
        let matching = entries.compactMap { entry in entry.parameters(of: path).map { (entry.route, $0) } }
        // A HEAD is a GET whose body isn't sent (RFC 9110, section 9.3.2).
        for wanted in method == "HEAD" ? ["HEAD", "GET"] : [method] {
            if let (route, parameters) = matching.first(where: { $0.0.method == wanted }) {
                return .handler(route.handler, parameters: parameters)
            }
        }
        if matching.isEmpty { return .notFound }
        var allowed = Set(matching.map(\.0.method))
        if allowed.contains("GET") { allowed.insert("HEAD") }
        return .methodNotAllowed(allowed: allowed.sorted())
    }

    private static func entry(_ route: HTTPRoute) throws(HTTPError) -> Entry {
        guard !route.method.isEmpty, route.method.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw HTTPError(
                .invalidRoute,
                "The route \(route.path) has the method \(route.method.debugDescription); write one such as GET"
            )
        }
        guard route.path.first == "/" else {
            throw HTTPError(.invalidRoute, "The route \(route.method) \(route.path) must begin with a slash")
        }
        var segments: [Segment] = []
        var names: [String] = []
        for part in route.path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard part.contains("{") || part.contains("}") else {
                segments.append(.text(String(part)))
                continue
            }
            let name = part.dropFirst().dropLast()
            guard part.first == "{", part.last == "}", !name.isEmpty, !name.contains("{"), !name.contains("}") else {
                throw HTTPError(
                    .invalidRoute,
                    "The route \(route.method) \(route.path) has the segment \(part); a parameter is a whole segment: {name}"
                )
            }
            guard !names.contains(String(name)) else {
                throw HTTPError(
                    .invalidRoute,
                    "The route \(route.method) \(route.path) has {\(name)} twice; name them apart"
                )
            }
            segments.append(.parameter)
            names.append(String(name))
        }
        return Entry(route: route, segments: segments, names: names)
    }
}
