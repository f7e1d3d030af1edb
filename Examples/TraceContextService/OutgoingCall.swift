// SPDX-License-Identifier: Apache-2.0

import Foundation
import Stitch
import TraceContext

/// Makes a call in a span of its own, and says why it failed if it did.
func makeCall(_ call: Call) async -> CallFailure? {
    do {
        try await withSpan("POST", ofKind: .client) { span in
            span.attributes["http.request.method"] = "POST"
            span.attributes["url.full"] = .string(call.url.absoluteString)
            span.attributes.set("server.address", call.url.host(percentEncoded: false))
            span.attributes.set("server.port", call.url.port ?? (call.url.scheme == "https" ? 443 : 80))
            let status = try await HTTPPost(to: call.url, json: call.arguments, fields: .current()).answer()
            span.attributes.set("http.response.status_code", status)
            // An answer is an answer, but a client counts these as errors.
            if status >= 400 {
                span.attributes["error.type"] = .string(String(status))
                span.setStatus(.error("status \(status)"))
            }
        }
        return nil
    } catch {
        return CallFailure(description: "\(call.url.absoluteString) did not answer: \(error)")
    }
}
