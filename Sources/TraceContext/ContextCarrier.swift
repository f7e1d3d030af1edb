// SPDX-License-Identifier: Apache-2.0

/// What carries a trace from one process to the next: an ordered set of fields with one value each.
///
/// One type serves HTTP fields, Kafka headers and rows of a table. It is filled once, when a message or a job is
/// created, and travels unchanged through every retry. Field names are compared without regard to case.
public struct ContextCarrier: Hashable, Sendable {
    /// One field.
    public struct Field: Hashable, Sendable {
        /// The field's name, as it was written first.
        public let name: String

        /// The field's value.
        public var value: String
    }

    /// The fields, in the order in which they were first written.
    public private(set) var fields: [Field] = []

    /// No fields.
    public init() {}

    /// The value of a field.
    ///
    /// Setting one replaces it; setting `nil` removes the field.
    public subscript(name: String) -> String? {
        get { index(of: name).map { fields[$0].value } }
        set {
            switch (index(of: name), newValue) {
            case (let index?, let value?): fields[index].value = value
            case (let index?, nil): fields.remove(at: index)
            case (nil, let value?):
                // One allocation for what a carrier usually holds.
                if fields.isEmpty { fields.reserveCapacity(4) }
                fields.append(Field(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    /// Whether nothing is carried.
    @inlinable public var isEmpty: Bool { fields.isEmpty }

    private func index(of name: String) -> Int? {
        fields.firstIndex { $0.name == name } ?? fields.firstIndex { $0.name.isEqualIgnoringCase(to: name) }
    }
}

extension String {
    /// Whether two texts differ in nothing but the case of ASCII letters.
    fileprivate func isEqualIgnoringCase(to other: String) -> Bool {
        utf8.count == other.utf8.count && zip(utf8, other.utf8).allSatisfy { $0.lowercasedASCII == $1.lowercasedASCII }
    }
}

extension UInt8 {
    fileprivate var lowercasedASCII: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }
}
