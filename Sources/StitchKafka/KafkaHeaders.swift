// SPDX-License-Identifier: Apache-2.0

/// One header of a record.
public struct KafkaHeader: Sendable, Hashable {
    /// The name.
    ///
    /// A NUL character and what follows it does not reach a consumer.
    public var name: String

    /// The value; `nil` and empty are two different things in Kafka.
    public var value: [UInt8]?

    /// A header with bytes, or with none.
    public init(_ name: String, _ value: [UInt8]?) {
        self.name = name
        self.value = value
    }
}

/// The headers of a record, in order.
///
/// A name may occur more than once.
public struct KafkaHeaders: Sendable, Hashable {
    private var headers: [KafkaHeader] = []

    /// No headers.
    public init() {}

    /// These headers, in this order.
    public init(_ headers: some Sequence<KafkaHeader>) {
        self.headers = Array(headers)
    }

    /// Adds a header after all others, also when there is one of that name.
    public mutating func append(_ name: String, _ value: [UInt8]?) {
        headers.append(KafkaHeader(name, value))
    }

    /// Adds a header with text after all others, also when there is one of that name.
    public mutating func append(_ name: String, _ value: String) {
        append(name, Array(value.utf8))
    }

    /// Leaves exactly one header of that name: this one, where the first stood, else at the end.
    public mutating func replace(_ name: String, with value: [UInt8]?) {
        guard let first = headers.firstIndex(where: { $0.name == name }) else { return append(name, value) }
        headers[first].value = value
        var index = first + 1
        while index < headers.count {
            if headers[index].name == name { headers.remove(at: index) } else { index += 1 }
        }
    }

    /// Leaves exactly one header of that name, with text.
    public mutating func replace(_ name: String, with value: String) {
        replace(name, with: Array(value.utf8))
    }

    /// Removes all headers of that name.
    public mutating func remove(_ name: String) {
        headers.removeAll { $0.name == name }
    }

    /// All values of that name, in order.
    public func values(of name: String) -> [[UInt8]?] {
        headers.filter { $0.name == name }.map(\.value)
    }

    /// The text of the last header of that name; `nil` without one, or when its value is none or is not UTF-8.
    public func text(_ name: String) -> String? {
        headers.last { $0.name == name }?.value.flatMap { String(validating: $0, as: UTF8.self) }
    }
}

extension KafkaHeaders: RandomAccessCollection {
    /// Where the first header is.
    public var startIndex: Int { headers.startIndex }

    /// Behind the last header.
    public var endIndex: Int { headers.endIndex }

    /// The header at a position.
    public subscript(position: Int) -> KafkaHeader { headers[position] }
}

extension KafkaHeaders: ExpressibleByDictionaryLiteral {
    /// Headers with text, in the order in which they are written; names may be repeated.
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init(elements.map { KafkaHeader($0, Array($1.utf8)) })
    }
}
