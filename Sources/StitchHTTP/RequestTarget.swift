// SPDX-License-Identifier: Apache-2.0

/// What a request's first line asks for (RFC 9112, section 3.2), taken apart before it is decoded, so that an encoded
/// slash or ampersand separates nothing.
struct RequestTarget {
    /// As it was sent, without the query.
    var path: String

    /// The parts of the path after its first `/`, decoded.
    var segments: [String]

    /// Decoded.
    var query: [(name: String, value: String)]

    /// Reads a target; `nil` if it is no path or its percent-encoding is wrong or not of UTF-8.
    init?(_ target: String) {
        var bytes = Array(target.utf8)[...]
        if bytes.first != UInt8(ascii: "/") {
            // The absolute form, which clients send to proxies: what follows scheme and authority.
            guard let end = target.firstRange(of: "://") else { return nil }
            bytes = Array(target[end.upperBound...].utf8)[...]
            bytes = bytes.drop { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
            if bytes.first != UInt8(ascii: "/") { bytes = [UInt8(ascii: "/")] + bytes }
        }
        let rawPath = bytes.prefix { $0 != UInt8(ascii: "?") }
        path = String(decoding: rawPath, as: UTF8.self)
        segments = []
        for part in rawPath.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let segment = Self.decode(part, plusIsSpace: false) else { return nil }
            segments.append(segment)
        }
        query = []
        for item in bytes.dropFirst(rawPath.count + 1).split(separator: UInt8(ascii: "&")) {
            let rawName = item.prefix { $0 != UInt8(ascii: "=") }
            guard
                let name = Self.decode(rawName, plusIsSpace: true),
                let value = Self.decode(item.dropFirst(rawName.count + 1), plusIsSpace: true)
            else { return nil }
            query.append((name, value))
        }
    }

    private static func decode(_ bytes: ArraySlice<UInt8>, plusIsSpace: Bool) -> String? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var rest = bytes
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    return nil
                }
                decoded.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace:
                decoded.append(UInt8(ascii: " "))
            default:
                decoded.append(byte)
            }
        }
        return String(validating: decoded, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
