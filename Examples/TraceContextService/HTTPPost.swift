// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import TraceContext

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Why a request got no answer.
enum HTTPPostError: Error, CustomStringConvertible {
    case noAnswer(String)
    case tooLarge

    var description: String {
        switch self {
        case .noAnswer(let reason): reason
        case .tooLarge: "its answer is larger than \(HTTPPost.maximumAnswerSize) bytes"
        }
    }
}

/// One request, with a session of its own: that is how `URLSession` sends the names of fields in lower case, as they are.
final class HTTPPost: NSObject, URLSessionDataDelegate {
    static let maximumAnswerSize = 1 << 20

    /// How long an answer may take as a whole.
    static let patience = Duration.seconds(15)

    private struct State {
        var size = 0
        var waiting: CheckedContinuation<Int, any Error>?
    }

    private let state = Mutex(State())
    private let request: URLRequest
    private let fields: [String: String]

    init(to url: URL, json: String, fields: ContextCarrier) {
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.httpBody = Data(json.utf8)
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        self.request = request
        self.fields = Dictionary(fields.fields.map { ($0.name, $0.value) }) { first, _ in first }
    }

    /// Sends it, once, and returns the answer's status when all of the answer is there.
    func answer() async throws -> Int {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpAdditionalHeaders = fields
        configuration.httpCookieStorage = nil
        configuration.urlCache = nil
        configuration.timeoutIntervalForRequest = Self.patience / .seconds(1)
        let session = URLSession(configuration: configuration, delegate: self, delegateQueue: nil)
        let task = session.dataTask(with: request)
        // The timeout of a session begins anew with each piece of an answer.
        let alarm = DispatchWorkItem { task.cancel() }
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience / .seconds(1), execute: alarm)
        defer {
            alarm.cancel()
            session.finishTasksAndInvalidate()
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                state.withLock { $0.waiting = continuation }
                task.resume()
            }
        } onCancel: {
            task.cancel()
        }
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let isTooLarge = state.withLock { state in
            state.size += data.count
            return state.size > Self.maximumAnswerSize
        }
        if isTooLarge { dataTask.cancel() }
    }

    /// Follows no redirect: it would be another call, which nobody asked for.
    func urlSession(
        _ session: URLSession,
        task: URLSessionTask,
        willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest,
        completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        let (waiting, isTooLarge) = state.withLock { state in
            defer { state.waiting = nil }
            return (state.waiting, state.size > Self.maximumAnswerSize)
        }
        if isTooLarge {
            waiting?.resume(throwing: HTTPPostError.tooLarge)
        } else if let error {
            waiting?.resume(throwing: HTTPPostError.noAnswer(Self.reason(error)))
        } else {
            waiting?.resume(returning: (task.response as? HTTPURLResponse)?.statusCode ?? 0)
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch (error as? URLError)?.code {
        case .timedOut?, .cancelled?: "no answer within \(patience)"
        default: error.localizedDescription
        }
    }
}
