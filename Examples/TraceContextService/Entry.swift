// SPDX-License-Identifier: Apache-2.0

import Stitch
import StitchHTTP
import TraceContext

/// Has calls made somewhere; returns when all have ended, with those that failed.
///
/// The slot is a number below `Slots.count` that no other request has meanwhile.
typealias CallMaking = @Sendable (_ calls: [Call], _ slot: Int) async throws -> [CallFailure]

/// Where requests enter: continues their trace, and answers them.
struct Entry: Sendable {
    let make: CallMaking
    private let slots = Slots()

    init(_ make: @escaping CallMaking) { self.make = make }

    /// A server that listens.
    func listen(_ port: Int) throws -> HTTPServer {
        var configuration = HTTPServerConfiguration(port: port)
        configuration.maximumBodySize = 1 << 16
        return try HTTPServer(configuration, routes: [.post("/test") { request in try await answer(request) }])
    }

    private func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        let carrier = ContextCarrier(httpFields: request.fields)
        // Whatever baggage comes in goes on; a service that others call takes only the keys that it knows.
        return try await withSpan("POST /test", ofKind: .server, continuing: carrier, baggage: .all) { span in
            span.attributes["http.request.method"] = .string(request.method)
            span.attributes["http.route"] = "/test"
            span.attributes["url.scheme"] = "http"
            span.attributes["url.path"] = .string(request.path)
            let response = try await response(to: request)
            span.attributes.set("http.response.status_code", response.status)
            if response.status >= 500 {
                span.attributes["error.type"] = .string(String(response.status))
                span.setStatus(.error(String(decoding: response.body, as: UTF8.self)))
            }
            return response
        }
    }

    private func response(to request: HTTPRequest) async throws -> HTTPResponse {
        do {
            let calls = try Call.list(from: request.body)
            guard let slot = slots.take() else {
                return .text("\(Slots.count) requests are under way; try again later.\n", status: 503)
            }
            defer { slots.giveBack(slot) }
            let failures = try await make(calls, slot)
            if failures.isEmpty { return try .json(["calls": calls.count]) }
            return .text(failures.map { "\($0)\n" }.joined(), status: 502)
        } catch let error as BadRequest {
            return .text("\(error.message)\n", status: 400)
        } catch is Replies.Missing {
            return .text("Nobody has made the calls within \(Replies.patience).\n", status: 504)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            Diagnostics.log(.error, "The calls of a request could not be passed on: \(error)")
            return .text("The calls could not be passed on.\n", status: 503)
        }
    }
}
