// SPDX-License-Identifier: Apache-2.0

/// What a receiver of spans may be like.
enum Trouble: String, CaseIterable {
    /// Takes everything: what the others are held against.
    case none
    /// Nobody listens.
    case down
    /// Lets everybody connect, and never answers.
    case silent
    /// Has too much to do, and says for how long.
    case throttling
    /// Is out of order for a while.
    case unavailable
    /// Doesn't want what it gets.
    case refusing
    /// Leaves a few spans of each request out.
    case partial
    /// Closes the connection instead of an answer.
    case cutting

    /// What it answers to a request; `nil` if that is nothing.
    var answer: String? {
        switch self {
        case .none: Self.answer("200 OK")
        case .down, .silent, .cutting: nil
        case .throttling: Self.answer("429 Too Many Requests", "Retry-After: 2\r\n")
        case .unavailable: Self.answer("503 Service Unavailable")
        case .refusing: Self.answer("400 Bad Request")
        // ExportTracePartialSuccess: three rejected spans.
        case .partial: Self.answer("200 OK", "Content-Type: application/x-protobuf\r\n", "\u{0A}\u{02}\u{08}\u{03}")
        }
    }

    private static func answer(_ status: String, _ fields: String = "", _ body: String = "") -> String {
        "HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}
