// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchHTTP

struct RouteTableTests {
    private static func route(_ method: String, _ path: String) -> HTTPRoute {
        HTTPRoute(method, path) { _ in .text(path) }
    }

    private static func found(_ table: RouteTable, _ method: String, _ segments: [String]) async throws -> String? {
        guard case .handler(let handler, let parameters) = table.match(method, segments) else { return nil }
        let path = try await handler(HTTPRequest(method: method, path: ""))
        return "\(String(decoding: path.body, as: UTF8.self)) \(parameters.sorted { $0.key < $1.key }.map(\.value))"
    }

    @Test("A written segment goes before a parameter, whatever the order of the routes")
    func precedence() async throws {
        let table = try RouteTable([
            Self.route("GET", "/{a}/{b}"), Self.route("GET", "/{a}/x"), Self.route("GET", "/y/{b}"),
        ])
        #expect(try await Self.found(table, "GET", ["y", "x"]) == "/y/{b} [\"x\"]")
        #expect(try await Self.found(table, "GET", ["z", "x"]) == "/{a}/x [\"z\"]")
        #expect(try await Self.found(table, "GET", ["z", "w"]) == "/{a}/{b} [\"z\", \"w\"]")
        #expect(try await Self.found(table, "GET", ["z"]) == nil)
        #expect(try await Self.found(table, "GET", ["", "x"]) == nil)
    }

    @Test("HEAD has its own route, or that of GET")
    func head() async throws {
        let table = try RouteTable([
            Self.route("GET", "/a"), Self.route("GET", "/b"), HTTPRoute("HEAD", "/b") { _ in .text("own") },
        ])
        #expect(try await Self.found(table, "HEAD", ["a"]) == "/a []")
        #expect(try await Self.found(table, "HEAD", ["b"]) == "own []")
    }

    @Test(
        "A route that can't be right is refused with its name",
        arguments: [["a"], [""], ["/{a}/{a}"], ["/{}"], ["/x{a}"], ["/{a"], ["/{a}", "/{b}"], ["/a", "/a"]]
    )
    func wrongRoutes(paths: [String]) {
        let error = #expect(throws: HTTPError.self) { try RouteTable(paths.map { Self.route("GET", $0) }) }
        #expect(error?.code == .invalidRoute)
        #expect(error?.message.contains(paths.last ?? "") == true)
    }
}
