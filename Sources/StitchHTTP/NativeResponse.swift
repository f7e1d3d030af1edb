// SPDX-License-Identifier: Apache-2.0

import CStitchMicrohttpd

/// Owns a response of libmicrohttpd, from `init` to `deinit`.
final class NativeResponse {
    private let handle: OpaquePointer
    private let status: UInt32

    /// Copies a response; `nil` if there is no memory for it, or libmicrohttpd refuses a field.
    ///
    /// - Parameters:
    ///   - response: One without a problem.
    ///   - isLast: Whether the connection is to be closed after it.
    init?(_ response: HTTPResponse, isLast: Bool) {
        // Ours until `deinit`; the body is copied.
        guard let handle = response.body.withUnsafeBytes({ cstitch_http_response($0.baseAddress, $0.count) }) else {
            return nil
        }
        self.handle = handle
        status = UInt32(response.status)
        for (name, value) in response.fields {
            let lowercased = name.lowercased()
            if lowercased == "content-length" || lowercased == "transfer-encoding" { continue }
            guard MHD_add_response_header(handle, name, value) == .YES else { return nil }
        }
        if isLast, !response.fields.contains(where: { $0.name.lowercased() == "connection" }) {
            _ = MHD_add_response_header(handle, "Connection", "close")
        }
    }

    deinit {
        // Drops our reference; libmicrohttpd keeps one of its own while it sends.
        MHD_destroy_response(handle)
    }

    /// Sends the response and returns whether it was taken; only from libmicrohttpd's thread.
    func queue(on connection: OpaquePointer) -> Bool {
        MHD_queue_response(connection, status, handle) == .YES
    }
}
