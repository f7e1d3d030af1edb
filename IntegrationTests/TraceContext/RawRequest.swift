// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A request whose fields go out byte for byte, repeated ones and odd ones too, which no client library would send.
struct RawRequest {
    struct Answer: Sendable {
        var status: Int
        var body: String
    }

    var fields: [(String, String)] = []
    var body: String

    /// Sends it to `/test` of a server on this machine.
    func post(to port: Int) async throws -> Answer {
        var head = "POST /test HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        for (name, value) in fields { head += "\(name):\(value)\r\n" }
        head += "Content-Length: \(body.utf8.count)\r\n\r\n"
        let bytes = Array((head + body).utf8)
        let text = try await onThread { Result { try Self.exchange(bytes, port) } }.get()
        let parts = text.components(separatedBy: "\r\n\r\n")
        guard parts.count > 1, let status = parts[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw ServiceProcess.Failure(description: "no HTTP came back: \"\(text)\"")
        }
        return Answer(status: status, body: parts.dropFirst().joined(separator: "\r\n\r\n"))
    }

    /// Sends, and reads until the other side closes.
    private static func exchange(_ bytes: [UInt8], _ port: Int) throws -> String {
        let connection = try RawConnection(to: port)
        try connection.send(bytes)
        return String(decoding: try connection.receiveAll(), as: UTF8.self)
    }
}
