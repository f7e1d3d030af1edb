// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

extension Span {
    /// Says with which status a request was answered, as OpenTelemetry's conventions for HTTP have it:
    /// `http.response.status_code`, and for one that is an error `error.type` and the span's status.
    ///
    /// - Parameters:
    ///   - status: The status code, 100 to 599.
    ///   - kind: Whose span it is: for a `.server` the error begins at 500, since it has no part in what a client does
    ///     wrong; for anybody else at 400.
    public func setHTTPStatus(_ status: Int, ofKind kind: SpanKind = .server) {
        guard isRecording else { return }
        attributes.set("http.response.status_code", status)
        guard status >= (kind == .server ? 500 : 400) else { return }
        attributes.set("error.type", "\(status)")
        setStatus(.error("status \(status)"))
    }
}
