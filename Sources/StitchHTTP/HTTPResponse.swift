// SPDX-License-Identifier: Apache-2.0

import Foundation

/// An answer to a request.
///
/// The server itself adds `Date`, `Content-Length` and `Connection`, and sends no body after a `HEAD` request.
public struct HTTPResponse: Sendable {
    /// The status code, 200 to 599.
    public var status: Int

    /// The fields of the head in their order, repetitions allowed.
    ///
    /// `Content-Length` and `Transfer-Encoding` are left out of the answer: they follow from the body.
    public var fields: [(name: String, value: String)]

    /// The body.
    public var body: [UInt8]

    /// An answer of bytes.
    ///
    /// - Parameters:
    ///   - status: The status code, 200 to 599.
    ///   - fields: The fields of the head.
    ///   - body: The body.
    public init(status: Int = 200, fields: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// An answer of plain text.
    ///
    /// - Parameters:
    ///   - text: The text, sent as UTF-8.
    ///   - status: The status code, 200 to 599.
    /// - Returns: The answer.
    public static func text(_ text: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(status: status, fields: [("Content-Type", "text/plain; charset=utf-8")], body: Array(text.utf8))
    }

    /// An answer of JSON, its keys in alphabetical order.
    ///
    /// - Parameters:
    ///   - value: What to encode.
    ///   - status: The status code, 200 to 599.
    /// - Returns: The answer.
    /// - Throws: `EncodingError` if the value can't be encoded.
    public static func json(_ value: some Encodable, status: Int = 200) throws -> HTTPResponse {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return HTTPResponse(
            status: status,
            fields: [("Content-Type", "application/json")],
            body: try Array(encoder.encode(value))
        )
    }

    /// What keeps the answer from being sent, in words for whoever wrote the handler; `nil` when nothing does.
    var problem: String? {
        guard (200...599).contains(status) else { return "its status is \(status); write 200 to 599" }
        for (name, value) in fields {
            guard !name.isEmpty, name.utf8.allSatisfy(isTokenByte) else {
                return "a field's name is \(name.debugDescription); write letters, digits and hyphens"
            }
            // Line ends would let a value write fields of its own.
            guard !value.isEmpty, value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                return "the value of \(name) is empty or has control characters"
            }
        }
        return nil
    }

    /// Whether a field's name may have the byte (RFC 9110, section 5.6.2).
    private func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default:
            "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
