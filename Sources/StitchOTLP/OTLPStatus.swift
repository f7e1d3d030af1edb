// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// What a receiver answers to a request that it did not take (`google.rpc.Status`).
public struct OTLPStatus: Sendable, Hashable {
    /// The code, one of gRPC's; 0 where nobody said.
    public var code: Int32

    /// What was wrong, for developers.
    public var message: String

    /// A status.
    public init(code: Int32 = 0, message: String) {
        self.code = code
        self.message = message
    }

    /// The status' bytes.
    public func encode(as format: OTLPFormat) -> [UInt8] {
        switch format {
        case .protobuf:
            var writer = ProtobufWriter()
            if code != 0 { writer.write(varint: UInt64(bitPattern: Int64(code)), field: 1) }
            writer.write(nonEmpty: message, field: 2)
            return writer.bytes
        case .json:
            var json = JSONWriter(capacity: 64)
            json.object { json in
                if code != 0 {
                    json.key("\"code\":")
                    json.number(Int64(code))
                }
                json.write(nonEmpty: message, "\"message\":")
            }
            return json.buffer.bytes
        }
    }

    /// Reads a status; details that it may have are passed over.
    ///
    /// - Parameters:
    ///   - bytes: The whole body.
    ///   - format: The encoding.
    ///   - maximumByteCount: How many bytes are read; 4 MiB, as OTLP recommends, unless told otherwise.
    /// - Throws: ``OTLPError``: `tooLarge` or `malformed`.
    public init(
        _ bytes: [UInt8],
        as format: OTLPFormat,
        maximumByteCount: Int = 4 << 20
    ) throws(OTLPError) {
        self.init(message: "")
        try OTLPAnswerBody.check(bytes, maximumByteCount)
        do {
            try bytes.withUnsafeBytes { bytes in
                switch format {
                case .protobuf: try read(ProtobufReader(bytes, maximumDepth: 8))
                case .json: try read(OTLPJSONReader(bytes, limits: OTLPLimits()))
                }
            }
        } catch {
            throw OTLPError(wrapping: error)
        }
    }

    private mutating func read(_ message: ProtobufReader) throws(ProtobufError) {
        var message = message
        while let field = try message.next() {
            switch (field.number, field.type) {
            case (1, .varint): code = Int32(truncatingIfNeeded: field.bits)
            case (2, .lengthDelimited): self.message = field.string
            default: break
            }
        }
    }

    private mutating func read(_ reader: OTLPJSONReader) throws(OTLPError) {
        var reader = reader
        try reader.message { reader, key throws(OTLPError) in
            if key.is("code") {
                code = Int32(truncatingIfNeeded: try reader.integer("code"))
            } else if key.is("message") {
                message = try reader.string("message")
            } else {
                return false
            }
            return true
        }
    }
}

/// The body of an answer.
enum OTLPAnswerBody {
    static func check(_ bytes: [UInt8], _ maximumByteCount: Int) throws(OTLPError) {
        guard bytes.count <= maximumByteCount else {
            throw OTLPError(.tooLarge, "an answer has \(bytes.count) bytes and only \(maximumByteCount) are read")
        }
    }
}
