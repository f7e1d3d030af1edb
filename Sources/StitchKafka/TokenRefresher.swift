// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Foundation
import StitchService
import Synchronization

/// Brings a client the tokens that librdkafka asks for.
///
/// The task that asks the source belongs to the client: it is cancelled when the client ends, and what it brings later is
/// dropped.
final class TokenRefresher: Sendable {
    private struct State {
        var isEnded = false
        /// Which request is being answered; an older one's answer is dropped.
        var request = 0
        var isAnswered = true
        var task: Task<Void, Never>?
    }

    private let source: KafkaTokenSource
    private let patience: Duration
    private let state = Mutex(State())

    init(_ source: KafkaTokenSource, patience: Duration = .seconds(60)) {
        self.source = source
        self.patience = patience
    }

    /// Begins to fetch a token for the client; never waits.
    func refresh(_ client: OpaquePointer) {
        // Only used with the state locked and before `end`, which comes before the client goes.
        nonisolated(unsafe) let client = client
        let request = state.withLock { state in
            state.task?.cancel()
            state.request += 1
            state.isAnswered = false
            return state.request
        }
        let fetching = Task { [self, source] in
            do {
                let token = try await source.token()
                answer(request) { Self.give(token, to: client) }
            } catch {
                // What another library says in its errors may hold what is secret.
                let reason = (error as? KafkaError)?.message ?? "\(type(of: error))"
                fail(request, client, "The source of tokens threw: \(reason)")
            }
        }
        state.withLock { state in
            if state.isEnded { fetching.cancel() } else { state.task = fetching }
        }
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Int(patience.wholeMilliseconds))) {
            [weak self] in
            self?.fail(request, client, "The source of tokens takes longer than a minute")
        }
    }

    /// The client is about to go: nothing is brought to it from now on.
    func end() {
        let task = state.withLock { state in
            state.isEnded = true
            defer { state.task = nil }
            return state.task
        }
        task?.cancel()
    }

    /// Answers a request, once, while the client is there.
    private func answer(_ request: Int, _ body: () -> String?) {
        // Locked, so that the client can't go meanwhile; librdkafka only notes the token.
        let complaint = state.withLock { state -> String? in
            guard !state.isEnded, state.request == request, !state.isAnswered else { return nil }
            state.isAnswered = true
            return body()
        }
        if let complaint { Diagnostics.log(.warning, complaint) }
    }

    private func fail(_ request: Int, _ client: OpaquePointer, _ reason: String) {
        answer(request) {
            // Copied. librdkafka asks again in ten seconds.
            rd_kafka_oauthbearer_set_token_failure(client, reason)
            return "\(reason); it is asked again in ten seconds"
        }
    }

    /// Gives the client a token; what is wrong with it, otherwise.
    private static func give(_ token: KafkaToken, to client: OpaquePointer) -> String? {
        let milliseconds = token.expires.timeIntervalSince1970 * 1000
        let expires = milliseconds.isFinite ? Int64(exactly: milliseconds.rounded(.down)) ?? 0 : 0
        // Ours. Everything is copied.
        var extensions: [UnsafeMutablePointer<CChar>?] = []
        for (name, value) in token.extensions { extensions += [strdup(name), strdup(value)] }
        defer { for text in extensions { free(text) } }
        let (result, text) = withErrorText { buffer, size in
            extensions.withUnsafeMutableBufferPointer { extensions in
                extensions.withMemoryRebound(to: UnsafePointer<CChar>?.self) { extensions in
                    rd_kafka_oauthbearer_set_token(
                        client,
                        token.value.text,
                        expires,
                        token.principal,
                        extensions.baseAddress,
                        extensions.count,
                        buffer,
                        size
                    )
                }
            }
        }
        guard !result.isNone else { return nil }
        let reason = "librdkafka doesn't take the token: \(text.replacing(token.value.text, with: "<redacted>"))"
        rd_kafka_oauthbearer_set_token_failure(client, reason)
        return "\(reason); another is asked for in ten seconds"
    }
}
