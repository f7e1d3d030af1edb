// SPDX-License-Identifier: Apache-2.0

/// A request, received whole.
public struct HTTPRequest: Sendable {
    /// The method as it was sent, such as `POST`.
    public var method: String

    /// The path as it was sent, with its percent-encoding, without the query.
    public var path: String

    /// What stood in the path at the route's `{name}` places, decoded.
    public var parameters: [String: String]

    /// The query's items in their order, repeated ones too, decoded; the value of one without `=` is empty.
    public var query: [(name: String, value: String)]

    /// The fields of the head in their order, each repetition for itself, names in the case in which they were sent.
    ///
    /// Bytes that aren't UTF-8 are replaced.
    public var fields: [(name: String, value: String)]

    /// The body, empty when there is none.
    public var body: [UInt8]

    /// A request, for tests of handlers.
    ///
    /// - Parameters:
    ///   - method: The method, such as `POST`.
    ///   - path: The path, percent-encoded, without a query.
    ///   - parameters: What stands at the route's `{name}` places.
    ///   - query: The query's items, decoded.
    ///   - fields: The fields of the head.
    ///   - body: The body.
    public init(
        method: String,
        path: String,
        parameters: [String: String] = [:],
        query: [(name: String, value: String)] = [],
        fields: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.parameters = parameters
        self.query = query
        self.fields = fields
        self.body = body
    }

    /// The values of all fields with a name, in their order.
    ///
    /// - Parameter name: The name, in any case.
    /// - Returns: The values, none if no field has the name.
    public func values(of name: String) -> [String] {
        let wanted = name.lowercased()
        return fields.compactMap { $0.name.lowercased() == wanted ? $0.value : nil }
    }
}
