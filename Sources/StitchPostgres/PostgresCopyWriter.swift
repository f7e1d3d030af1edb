// SPDX-License-Identifier: Apache-2.0

/// Takes the values of the rows of a COPY, column by column.
///
/// It is lent by ``PostgresConnection/copy(into:columns:_:write:)`` once for each row.
public struct PostgresCopyWriter: ~Copyable {
    private(set) var block: [UInt8] = []
    private let types: [UInt32]
    private let columns: [String]
    private var column = 0

    /// How large no value is, in bytes.
    private static let sizeLimit = 1 << 30

    init(columns: [String], types: [UInt32]) {
        self.columns = columns
        self.types = types
        // The signature, no flags, no extension.
        block += Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    }

    /// Writes the value of the next column, in the binary form of the column's type.
    ///
    /// - Throws: ``PostgresError/Code/invalidParameter`` if the value has no binary form in that type, has a NUL character
    ///   in a text, or if the row has all its columns already.
    public mutating func write(_ value: some PostgresEncodable) throws(PostgresError) {
        let content = value.postgresValue.content
        guard column < types.count else {
            throw PostgresError(.invalidParameter, "COPY: more values in a row than its \(types.count) columns")
        }
        if case .null = content {
            block.append(bigEndian: Int32(-1))
        } else {
            guard !content.hasNUL else {
                throw PostgresError(
                    .invalidParameter,
                    "COPY: the text for column \(columns[column]) contains a NUL character, which Postgres cannot store"
                )
            }
            let place = block.reserveLength()
            guard content.appendBinaryForm(as: types[column], to: &block) else { throw mismatch(value) }
            guard block.count - place < Self.sizeLimit else {
                throw PostgresError(
                    .invalidParameter,
                    "COPY: the value for column \(columns[column]) takes \(block.count - place) bytes; Postgres holds less than "
                        + "1 GB in one"
                )
            }
            block.fillLength(at: place)
        }
        column += 1
    }

    mutating func beginRow() {
        block.append(bigEndian: Int16(truncatingIfNeeded: types.count))
        column = 0
    }

    func endRow() throws(PostgresError) {
        guard column == types.count else {
            throw PostgresError(
                .invalidParameter,
                "COPY: a row has \(column) values; the columns are \(columns.joined(separator: ", "))"
            )
        }
    }

    mutating func end() { block.append(bigEndian: Int16(-1)) }

    /// Gives away what was written.
    mutating func takeBlock() -> [UInt8] {
        defer {
            block = []
            block.reserveCapacity(PostgresConnection.copyBlockSize * 5 / 4)
        }
        return block
    }

    private func mismatch<Value>(_ value: Value) -> PostgresError {
        PostgresError(
            .invalidParameter,
            "COPY: a \(Value.self) has no binary form for column \(columns[column]), which is of type "
                + "\(PostgresType.name(of: types[column])), or does not fit into it; write a value of that type"
        )
    }
}
