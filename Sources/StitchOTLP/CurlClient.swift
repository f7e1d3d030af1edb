// SPDX-License-Identifier: Apache-2.0

import CStitchCurl
import Foundation
import Synchronization

/// Owns libcurl's multi handle, and with it the connections that are kept between requests; released by `deinit`.
///
/// The multi interface rather than the easy one, because its waiting can be ended from another thread.
final class CurlClient: HTTPTransport {
    // Used under `transferring`, but for the wake-up, which libcurl lets any thread call.
    private nonisolated(unsafe) let multi: UnsafeMutableRawPointer
    private let options: CurlOptions
    /// Held during a request: a blocking wait on the exporter's own thread.
    private let transferring = NSLock()
    private let isInterrupted = Atomic(false)
    /// When every request ends, once the process is about to.
    private let end = Mutex<ContinuousClock.Instant?>(nil)

    /// Once per process, as libcurl asks.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init(_ options: CurlOptions) throws(OTLPError) {
        // Owned from here on.
        guard Self.isReady, let multi = curl_multi_init() else {
            throw OTLPError(.unavailable, "libcurl could not be started to send spans; is memory used up?")
        }
        self.multi = multi
        self.options = options
    }

    deinit {
        curl_multi_cleanup(multi)  // Ends the handle's life and closes its connections.
    }

    func post(_ request: HTTPPost, within timeout: Duration) -> HTTPOutcome {
        transferring.withLock {
            guard let transfer = CurlTransfer(request, options, timeout: timeout) else {
                return .failed("libcurl took the request's settings badly")
            }
            return request.body.withUnsafeBytes { body in
                guard transfer.lend(body), curl_multi_add_handle(multi, transfer.easy) == CURLM_OK else {
                    return .failed("libcurl did not take the request")
                }
                // The multi handle borrows the easy one until this; it must be removed before it is released.
                defer { curl_multi_remove_handle(multi, transfer.easy) }
                return run(transfer)
            }
        }
    }

    func finish(within timeout: Duration) {
        end.withLock { $0 = min($0 ?? .now + timeout, .now + timeout) }
        curl_multi_wakeup(multi)
    }

    func interrupt() {
        isInterrupted.store(true, ordering: .sequentiallyConsistent)
        // A wake-up stays until the next wait, so one that comes just before it is not lost.
        curl_multi_wakeup(multi)
    }

    private func run(_ transfer: CurlTransfer) -> HTTPOutcome {
        var running: Int32 = 1
        while true {
            if isInterrupted.load(ordering: .sequentiallyConsistent) { return .interrupted }
            let performed = curl_multi_perform(multi, &running)
            guard performed == CURLM_OK else { return .failed(String(cString: curl_multi_strerror(performed))) }
            if running == 0 { return transfer.outcome(cstitch_curl_result(multi, transfer.easy)) }
            let left = end.withLock { $0.map { ContinuousClock.now.duration(to: $0) } }
            if let left, left <= .zero { return .timedOut }
            // Waits for the sockets, for the transfer's own deadline, or for a wake-up; the minute only bounds it.
            let most = min((left ?? .seconds(60)) / .milliseconds(1), 60_000).rounded(.up)
            let waited = curl_multi_poll(multi, nil, 0, Int32(most), nil)
            guard waited == CURLM_OK else { return .failed(String(cString: curl_multi_strerror(waited))) }
        }
    }
}
