// SPDX-License-Identifier: Apache-2.0

/// The parameters of one statement, found fit to be sent.
struct ParameterList: Sendable, Equatable {
    /// The parameters of a statement without any.
    static let none = ParameterList(values: [])

    let values: [PostgresValue.Content]

    var count: Int { values.count }

    private init(values: [PostgresValue.Content]) { self.values = values }

    /// Takes the parameters.
    ///
    /// - Throws: ``PostgresError/Code/invalidParameter`` for a text with a NUL character, for values of 1 GB or more, and
    ///   for more than 65,535 parameters.
    init(_ parameters: [any PostgresEncodable] = [], statement: String) throws(PostgresError) {
        guard parameters.count <= Int(UInt16.max) else {
            throw PostgresError(
                .invalidParameter,
                "\(StatementSummary(statement)): \(parameters.count) parameters; the protocol allows 65535"
            )
        }
        var values: [PostgresValue.Content] = []
        values.reserveCapacity(parameters.count)
        var size = 0
        for parameter in parameters {
            let content = parameter.postgresValue.content
            guard !content.hasNUL else {
                throw PostgresError(
                    .invalidParameter,
                    "\(StatementSummary(statement)): parameter $\(values.count + 1) contains a NUL character, which "
                        + "Postgres cannot store as text; remove it or send the value as bytes"
                )
            }
            size += content.size
            values.append(content)
        }
        guard size < 1 << 30 else {
            throw PostgresError(
                .invalidParameter,
                "\(StatementSummary(statement)): the parameters take \(size) bytes; the protocol allows 1 GB"
            )
        }
        self.values = values
    }

    /// The types that the values insist on; 0 leaves a type to the server.
    var declaredTypes: [UInt32] {
        values.map { if case .bytes = $0 { PostgresType.bytea } else { 0 } }
    }

    /// Whether the values can be sent to a statement that was prepared for these types.
    func fits(_ types: [UInt32]?) -> Bool {
        guard let types, types.count == values.count else { return false }
        for (value, type) in zip(values, types) {
            if case .bytes = value, type != PostgresType.bytea { return false }
        }
        return true
    }
}

extension PostgresValue.Content {
    /// Whether a text in it has a character that Postgres cannot store.
    var hasNUL: Bool {
        switch self {
        case .text(let text): text.utf8.withContiguousStorageIfAvailable { $0.contains(0) } ?? text.utf8.contains(0)
        case .array(let elements): elements.contains { $0.hasNUL }
        default: false
        }
    }

    /// About how many bytes it takes, at least.
    fileprivate var size: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .bytes(let bytes): bytes.count
        case .integers(let numbers): numbers.count * 8
        case .array(let elements): elements.reduce(0) { $0 + $1.size }
        default: 8
        }
    }
}
