// SPDX-License-Identifier: Apache-2.0

/// Decides what becomes of one request, from its head to its answer.
///
/// Takes events, returns actions; does no I/O.
struct ExchangeState {
    enum Action {
        /// Go on reading.
        case proceed
        /// The request is whole: have it handled.
        case handle(HTTPRequest)
        /// Send this.
        case answer(HTTPResponse)
        /// Give the connection up without an answer.
        case close
    }

    private enum Phase {
        case awaitingHead
        case receiving(HTTPRequest)
        case discarding(count: Int)
        case handling
        case answered(HTTPResponse)
        case finished
    }

    /// The largest body that is kept, in bytes.
    private let limit: Int
    private var phase = Phase.awaitingHead
    private var body: [UInt8] = []

    /// What is read beyond the limit, so that the client, busy with sending, gets to see its 413.
    private var discardLimit: Int { max(limit, 1 << 16) }

    init(maximumBodySize: Int) {
        limit = maximumBodySize
    }

    var isAwaitingHead: Bool {
        if case .awaitingHead = phase { true } else { false }
    }

    /// The head has come.
    ///
    /// - Parameter request: The request without its body; `nil` if its target can't be read.
    /// - Returns: What to do now.
    mutating func headReceived(_ request: HTTPRequest?) -> Action {
        guard let request else { return finish(Self.badRequest("The request's target is malformed.")) }
        let lengths = request.values(of: "Content-Length")
        // Two readings of where a body ends would let one request be smuggled in another (RFC 9112, section 6.3).
        if lengths.count > 1 || (!lengths.isEmpty && !request.values(of: "Transfer-Encoding").isEmpty) {
            return finish(Self.badRequest("The length of the body is told more than once."))
        }
        if let length = lengths.first {
            let announced = Int(length) ?? .max
            if announced > limit {
                let isPatient = request.values(of: "Expect").isEmpty && announced - limit <= discardLimit
                guard isPatient else { return finish(tooLarge) }
                phase = .discarding(count: 0)
                return .proceed
            }
        }
        phase = .receiving(request)
        return .proceed
    }

    mutating func bodyReceived(_ bytes: UnsafeRawBufferPointer) -> Action {
        switch phase {
        case .receiving:
            if bytes.count > limit - body.count {
                phase = .discarding(count: 0)
                body = []
            } else {
                body.append(contentsOf: bytes)
            }
            return .proceed
        case .discarding(let count):
            guard bytes.count <= discardLimit + limit - count else { return .close }
            phase = .discarding(count: count + bytes.count)
            return .proceed
        case .awaitingHead, .handling, .answered, .finished:
            return .proceed
        }
    }

    /// The body has ended, or the answer that was waited for has come.
    mutating func readyToAnswer() -> Action {
        switch phase {
        case .receiving(var request):
            request.body = body
            body = []
            phase = .handling
            return .handle(request)
        case .discarding:
            return finish(tooLarge)
        case .answered(let response):
            return finish(response)
        case .awaitingHead, .handling, .finished:
            return .proceed
        }
    }

    mutating func answered(_ response: HTTPResponse) {
        if case .handling = phase { phase = .answered(response) }
    }

    private mutating func finish(_ response: HTTPResponse) -> Action {
        phase = .finished
        return .answer(response)
    }

    private var tooLarge: HTTPResponse {
        var response = HTTPResponse.text("The body is larger than \(limit) bytes.\n", status: 413)
        response.fields.append(("Connection", "close"))
        return response
    }

    private static func badRequest(_ reason: String) -> HTTPResponse {
        var response = HTTPResponse.text("\(reason)\n", status: 400)
        response.fields.append(("Connection", "close"))
        return response
    }
}
