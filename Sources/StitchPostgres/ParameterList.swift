// SPDX-License-Identifier: Apache-2.0

/// The parameters of one statement, packed into one block of memory for the call that sends them.
struct ParameterList: Sendable, Equatable {
    /// `bytea`; 0 leaves the type to the server.
    private static let byteaType: UInt32 = 17

    private var block: [UInt8] = []
    private var offsets: [Int?] = []
    private var lengths: [Int32] = []
    private var types: [UInt32] = []

    var count: Int { offsets.count }

    /// Packs the parameters.
    ///
    /// - Throws: ``PostgresError/Code/invalidParameter`` for a text with a NUL character, for a value of 1 GB or more, and
    ///   for more than 65,535 parameters.
    init(_ parameters: [any PostgresEncodable] = [], statement: String) throws(PostgresError) {
        guard parameters.count <= Int(UInt16.max) else {
            throw PostgresError(
                .invalidParameter,
                "\(StatementSummary(statement)): \(parameters.count) parameters; the protocol allows 65535"
            )
        }
        for (index, parameter) in parameters.enumerated() {
            switch parameter.postgresValue.content {
            case .null:
                append(nil, type: 0)
            case .text(let text):
                guard !text.utf8.contains(0) else {
                    throw PostgresError(
                        .invalidParameter,
                        "\(StatementSummary(statement)): parameter $\(index + 1) contains a NUL character, which Postgres "
                            + "cannot store as text; remove it or send the value as bytes"
                    )
                }
                append(Array(text.utf8), type: 0)
            case .bytes(let bytes):
                append(bytes, type: Self.byteaType)
            }
        }
        guard block.count < 1 << 30 else {
            throw PostgresError(
                .invalidParameter,
                "\(StatementSummary(statement)): the parameters take \(block.count) bytes; the protocol allows 1 GB"
            )
        }
    }

    private mutating func append(_ bytes: [UInt8]?, type: UInt32) {
        types.append(type)
        lengths.append(Int32(clamping: bytes?.count ?? 0))
        offsets.append(bytes == nil ? nil : block.count)
        guard let bytes else { return }
        block += bytes
        block.append(0)  // libpq reads text parameters up to their NUL.
    }

    /// Lends the arrays that `PQsendQueryParams` takes, for the time of `body`; libpq copies what it needs.
    func withPointers<Value>(
        _ body: (
            _ types: UnsafePointer<UInt32>?, _ values: UnsafePointer<UnsafePointer<CChar>?>?,
            _ lengths: UnsafePointer<Int32>?, _ formats: UnsafePointer<Int32>?
        ) -> Value
    ) -> Value {
        let formats: [Int32] = types.map { $0 == Self.byteaType ? 1 : 0 }
        return block.withUnsafeBytes { bytes in
            let base = bytes.assumingMemoryBound(to: CChar.self).baseAddress
            let values = offsets.map { offset in offset.flatMap { base?.advanced(by: $0) } }
            return values.withUnsafeBufferPointer { values in
                types.withUnsafeBufferPointer { types in
                    lengths.withUnsafeBufferPointer { lengths in
                        formats.withUnsafeBufferPointer { formats in
                            body(types.baseAddress, values.baseAddress, lengths.baseAddress, formats.baseAddress)
                        }
                    }
                }
            }
        }
    }
}
