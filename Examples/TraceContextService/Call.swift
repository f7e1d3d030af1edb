// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Something to be sent to somebody.
struct Call: Codable, Sendable {
    /// Where it goes: an `http` or `https` URL without a password.
    var url: URL

    /// What is sent, as JSON.
    var arguments: String
}

/// Why a request can't be understood, in a sentence for whoever sent it.
struct BadRequest: Error {
    var message: String
}

extension Call {
    /// How many calls a request may ask for.
    static let maximumCount = 32

    /// Reads the body of a request.
    static func list(from body: [UInt8]) throws(BadRequest) -> [Call] {
        let json: Any
        do { json = try JSONSerialization.jsonObject(with: Data(body), options: .fragmentsAllowed) } catch {
            throw BadRequest(message: "The body is no JSON.")
        }
        guard let elements = json as? [Any] else {
            throw BadRequest(message: #"The body has to be a list: [{"url": "http://…", "arguments": […]}]."#)
        }
        guard elements.count <= maximumCount else {
            throw BadRequest(message: "The list has \(elements.count) calls; at most \(maximumCount) are made.")
        }
        var calls: [Call] = []
        for (index, element) in elements.enumerated() { calls.append(try Call(element, number: index + 1)) }
        return calls
    }

    private init(_ json: Any, number: Int) throws(BadRequest) {
        func bad(_ complaint: String) -> BadRequest { BadRequest(message: "Call \(number): \(complaint).") }
        guard let object = json as? [String: Any] else {
            throw bad(#"it has to be an object with "url" and "arguments""#)
        }
        guard let text = object["url"] as? String, let url = URL(string: text) else {
            throw bad(#"its "url" has to be a URL"#)
        }
        guard ["http", "https"].contains(url.scheme?.lowercased()), url.host(percentEncoded: false)?.isEmpty == false
        else {
            throw bad(#"its "url" has to begin with http:// or https:// and a host"#)
        }
        guard url.user(percentEncoded: true) == nil, url.password(percentEncoded: true) == nil else {
            throw bad(#"its "url" may have no user and no password"#)
        }
        guard let arguments = object["arguments"] else { throw bad(#"it has no "arguments""#) }
        guard let data = try? JSONSerialization.data(withJSONObject: arguments, options: .fragmentsAllowed) else {
            throw bad(#"its "arguments" can't be written as JSON again"#)
        }
        self.init(url: url, arguments: String(decoding: data, as: UTF8.self))
    }
}
