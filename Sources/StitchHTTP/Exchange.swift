// SPDX-License-Identifier: Apache-2.0

import CStitchMicrohttpd
import StitchService
import Synchronization

/// One request and its answer on a connection of libmicrohttpd, which holds this object while the exchange lasts.
final class Exchange: Sendable {
    private let core: ServerCore
    private let target: RequestTarget?
    /// Whether the request began before the server was told to stop.
    private let isTaken: Bool
    // Borrowed: valid in libmicrohttpd's callbacks, and from `suspend` until `answer` has resumed it.
    private nonisolated(unsafe) let connection: OpaquePointer
    private let state: Mutex<ExchangeState>

    init(_ core: ServerCore, target: String, isTaken: Bool, connection: OpaquePointer) {
        self.core = core
        self.target = RequestTarget(target)
        self.isTaken = isTaken
        self.connection = connection
        state = Mutex(ExchangeState(maximumBodySize: core.configuration.maximumBodySize))
    }

    /// Takes the next part of the request; called by libmicrohttpd's thread.
    ///
    /// - Parameters:
    ///   - method: The method as it was sent.
    ///   - bytes: A piece of the body; empty after the head, after the body and after ``answer(_:)``.
    /// - Returns: Whether to keep the connection.
    func access(method: String, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let action = state.withLock { state -> ExchangeState.Action in
            if state.isAwaitingHead { return state.headReceived(head(method)) }
            return bytes.isEmpty ? state.readyToAnswer() : state.bodyReceived(bytes)
        }
        switch action {
        case .proceed: return true
        case .close: return false
        case .answer(let response): return send(response)
        case .handle(let request): return handle(request)
        }
    }

    /// The exchange is over, answered or the connection lost; called by libmicrohttpd's thread.
    func close() {
        if isTaken { core.exchangeClosed() }
    }

    /// Stops reading from the connection until ``answer(_:)``; only from ``access(method:_:)``.
    func suspend() {
        // The connection stays alive until it is resumed, even if the client leaves.
        MHD_suspend_connection(connection)
    }

    /// Gives a suspended exchange its answer, which libmicrohttpd's thread then fetches by ``access(method:_:)``.
    func answer(_ response: HTTPResponse) {
        state.withLock { $0.answered(response) }
        // From here on the connection is libmicrohttpd's again and may be gone at any time.
        MHD_resume_connection(connection)
    }

    private func handle(_ request: HTTPRequest) -> Bool {
        guard isTaken else { return send(.text("The server is stopping.\n", status: 503)) }
        switch core.routes.match(request.method, target?.segments ?? []) {
        case .handler(let handler, let parameters):
            var request = request
            request.parameters = parameters
            if core.start(handler, request, self) { return true }
            return send(.text("The server is stopping.\n", status: 503))
        case .methodNotAllowed(let allowed):
            var response = HTTPResponse.text("\(request.method) is not allowed here.\n", status: 405)
            response.fields.append(("Allow", allowed.joined(separator: ", ")))
            return send(response)
        case .notFound:
            return send(.text("Nothing is here.\n", status: 404))
        }
    }

    private func send(_ response: HTTPResponse) -> Bool {
        if let problem = response.problem {
            Diagnostics.log(
                .error,
                "A handler's answer can't be sent: \(problem)",
                metadata: ["path": target?.path ?? ""]
            )
            return send(.text("Internal server error.\n", status: 500))
        }
        return NativeResponse(response, isLast: !core.isServing)?.queue(on: connection) ?? false
    }

    private func head(_ method: String) -> HTTPRequest? {
        guard let target else { return nil }
        var fields: [(name: String, value: String)] = []
        withUnsafeMutablePointer(to: &fields) { fields in
            cstitch_http_fields(
                connection,
                { fields, _, name, value in
                    // Borrowed for this call, so copied; a field without a value has none.
                    if let name {
                        fields?.assumingMemoryBound(to: [(name: String, value: String)].self).pointee
                            .append((String(cString: name), value.map { fieldValue(String(cString: $0)) } ?? ""))
                    }
                    return .YES
                },
                fields
            )
        }
        return HTTPRequest(method: method, path: target.path, query: target.query, fields: fields)
    }
}

/// A field's value as it was meant: what white space stands round it in the head is no part of it (RFC 9110, section
/// 5.5), and libmicrohttpd leaves that at its end.
private func fieldValue(_ text: String) -> String {
    func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    guard let last = text.utf8.lastIndex(where: { !isSpace($0) }) else { return "" }
    return String(text[...last].drop { $0 == " " || $0 == "\t" })
}
