// SPDX-License-Identifier: Apache-2.0

import CStitchCurl

/// What all requests of a client have in common.
struct CurlOptions {
    /// A file of certificates, in PEM, that servers are trusted by instead of by the system's.
    var certificateAuthority: String?
    /// A file with the client's certificate, in PEM.
    var clientCertificate: String?
    /// A file with the client certificate's key, in PEM.
    var clientKey: String?
    /// How much of an answer's body is received, in bytes.
    var maximumAnswerSize: Int
}

/// Owns libcurl's easy handle of one request, with what it borrows: the list of fields and the buffer for errors.
final class CurlTransfer {
    let easy: UnsafeMutableRawPointer
    private var fields: UnsafeMutablePointer<curl_slist>?
    private let reason: UnsafeMutablePointer<CChar>
    private let answer: CurlAnswer

    /// `nil` when libcurl has no memory or doesn't take an option.
    init?(_ request: HTTPPost, _ options: CurlOptions, timeout: Duration) {
        guard let easy = curl_easy_init() else { return nil }  // Owned; `deinit` releases it.
        self.easy = easy
        reason = .allocate(capacity: Int(CURL_ERROR_SIZE))
        reason.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        answer = CurlAnswer(limit: options.maximumAnswerSize)
        // No waiting for 100 Continue: the body is small and rarely refused.
        for line in request.fields.map({ "\($0.name): \($0.value)" }) + ["Expect:"] {
            // Copies the text. The list is ours; on failure the old one stays so.
            guard let longer = curl_slist_append(fields, line) else { return nil }
            fields = longer
        }
        let milliseconds = Int(min(max(timeout / .milliseconds(1), 1), 1e9))
        guard
            text(CURLOPT_URL, request.url), number(CURLOPT_NOSIGNAL, 1), number(CURLOPT_TIMEOUT_MS, milliseconds),
            trust(options.certificateAuthority), text(CURLOPT_SSLCERT, options.clientCertificate),
            text(CURLOPT_SSLKEY, options.clientKey),
            cstitch_curl_allow_only_http(easy) == CURLE_OK,
            // Both are borrowed until the handle's end, which is before theirs.
            cstitch_curl_set_fields(easy, fields) == CURLE_OK,
            cstitch_curl_set_error_buffer(easy, reason) == CURLE_OK,
            // Unretained: this transfer holds the answer for longer than the handle lives.
            cstitch_curl_set_receivers(
                easy,
                { bytes, size, count, context in receive(bytes, size * count, context) { $0.takeField($1) } },
                { bytes, size, count, context in receive(bytes, size * count, context) { $0.takeBody($1) } },
                Unmanaged.passUnretained(answer).toOpaque()
            ) == CURLE_OK
        else { return nil }
    }

    deinit {
        curl_easy_cleanup(easy)  // Ends the handle's life, and with it its use of what follows.
        curl_slist_free_all(fields)
        reason.deallocate()
    }

    /// Lends the body, which must stay until the transfer has ended.
    func lend(_ body: UnsafeRawBufferPointer) -> Bool {
        cstitch_curl_set_body(easy, body.baseAddress, body.count) == CURLE_OK
    }

    /// What came of it.
    func outcome(_ code: CURLcode) -> HTTPOutcome {
        let status = Int(cstitch_curl_status(easy))
        let why = reason.pointee == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: reason)
        switch code {
        case CURLE_OK: return .answered(answer.whole(status))
        // The status says what became of the request, also where the rest of the answer never came.
        case CURLE_OPERATION_TIMEDOUT where status >= 200: return .answered(answer.whole(status))
        case CURLE_OPERATION_TIMEDOUT: return .timedOut
        // The status says what became of the request, whatever the rest of the body would have said.
        case CURLE_WRITE_ERROR where answer.isCut: return .answered(answer.whole(status))
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: return .unconnected(why)
        case CURLE_GOT_NOTHING, CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR,
            CURLE_SSL_CONNECT_ERROR:
            return status >= 200 ? .answered(answer.whole(status)) : .disconnected(why)
        default: return .failed(why)
        }
    }

    private func trust(_ path: String?) -> Bool {
        guard let path else { return true }
        return cstitch_curl_trust_only(easy, path) == CURLE_OK
    }

    private func text(_ option: CURLoption, _ value: String?) -> Bool {
        guard let value else { return true }
        return cstitch_curl_set_text(easy, option, value) == CURLE_OK  // Copied.
    }

    private func number(_ option: CURLoption, _ value: Int) -> Bool {
        cstitch_curl_set_number(easy, option, value) == CURLE_OK
    }
}

/// Hands borrowed bytes to the answer; says how many were taken, as libcurl asks.
private func receive(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?,
    _ take: (CurlAnswer, UnsafeRawBufferPointer) -> Bool
) -> Int {
    guard let context else { return 0 }
    let answer = Unmanaged<CurlAnswer>.fromOpaque(context).takeUnretainedValue()
    return take(answer, UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
}

/// Collects an answer as it comes, on the thread that asked for it.
private final class CurlAnswer {
    private let limit: Int
    /// Whether there was more than is received.
    private(set) var isCut = false
    private var retryAfter: String?
    private var body: [UInt8] = []

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes a line of the head.
    func takeField(_ line: UnsafeRawBufferPointer) -> Bool {
        let line = String(decoding: line.prefix(256), as: UTF8.self)
        // An interim answer has a head of its own before the final one's.
        if line.hasPrefix("HTTP/") { retryAfter = nil }
        guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == "retry-after" else { return true }
        retryAfter = String(line[line.index(after: colon)...].filter { !$0.isNewline })
        return true
    }

    func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        isCut = bytes.count > limit - body.count
        body.append(contentsOf: bytes.prefix(limit - body.count))
        return !isCut
    }

    func whole(_ status: Int) -> HTTPAnswer { HTTPAnswer(status: status, retryAfter: retryAfter, body: body) }
}
