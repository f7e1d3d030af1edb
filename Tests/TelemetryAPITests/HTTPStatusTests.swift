// SPDX-License-Identifier: Apache-2.0

import StitchTesting
import TelemetryAPI
import Testing

@Suite("The status of an answer over HTTP")
struct HTTPStatusTests {
    @Test(
        "is an error of a server from 500 on, of a client from 400 on",
        arguments: [
            (200, SpanKind.server, false), (404, .server, false), (499, .server, false), (500, .server, true),
            (399, .client, false), (404, .client, true), (503, .client, true),
        ]
    )
    func status(status: Int, kind: SpanKind, isError: Bool) async throws {
        try await withStitchTest { test in
            withSpan("GET", ofKind: kind) { $0.setHTTPStatus(status, ofKind: kind) }
            let span = try #require(test.spans.all.first)
            #expect(span.attributes["http.response.status_code"] == .int(Int64(status)))
            #expect(span.attributes["error.type"]?.stringValue == (isError ? "\(status)" : nil))
            #expect(span.status.isError == isError)
        }
    }
}
