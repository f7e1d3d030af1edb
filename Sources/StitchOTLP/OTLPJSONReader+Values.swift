// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Values of fields: `null` is the default, of an attribute the null value, and what is of the wrong type is passed over and complained about.
extension OTLPJSONReader {
    mutating func complain(_ field: StaticString) {
        if complaint == nil { complaint = "\"\(field)\" has a value that it can't have" }
    }

    /// Whether the next value is of this kind; passes over it if not.
    @inline(__always)
    private mutating func expect(_ kind: JSONReader.Kind, _ field: StaticString) throws(OTLPError) -> Bool {
        let found = try json.kind()
        if found == kind { return true }
        if found != .null { complain(field) }
        try json.skip()
        return false
    }

    /// Goes into an object; `nil` if there is none.
    mutating func object(_ field: StaticString) throws(OTLPError) -> Bool? {
        try expect(.object, field) ? try json.enterObject() : nil
    }

    /// Reads an array, element by element.
    mutating func list(
        _ field: StaticString,
        _ element: (inout OTLPJSONReader) throws(OTLPError) -> Void
    ) throws(OTLPError) {
        guard try expect(.array, field) else { return }
        var isFirst = try json.enterArray()
        while try json.nextElement(&isFirst) { try element(&self) }
    }

    mutating func string(_ field: StaticString) throws(OTLPError) -> String {
        try expect(.string, field) ? try json.string() : ""
    }

    mutating func truth(_ field: StaticString) throws(OTLPError) -> Bool {
        try expect(.truth, field) ? try json.truth() : false
    }

    /// A number of 64 bits, signed or not, as text or as a number.
    mutating func integer(_ field: StaticString) throws(OTLPError) -> Int64 {
        let text: Substring
        switch try json.kind() {
        case .string: text = Substring(try json.string())
        case .number: text = try json.number()
        default:
            _ = try expect(.number, field)
            return 0
        }
        if let value = Int64(text) { return value }
        if let value = UInt64(text) { return Int64(bitPattern: value) }
        // `1e3` and `5.0` are whole numbers too.
        if let value = Double(text), let whole = Int64(exactly: value) { return whole }
        complain(field)
        return 0
    }

    /// A number of 32 bits that something was counted by.
    mutating func count(_ field: StaticString) throws(OTLPError) -> Int {
        Int(UInt32(clamping: try integer(field)))
    }

    mutating func time(_ field: StaticString) throws(OTLPError) -> Timestamp {
        Timestamp(nanoseconds: UInt64(bitPattern: try integer(field)))
    }

    /// A floating-point number, or the text that protobuf's JSON has for what JSON has no number for.
    mutating func double(_ field: StaticString) throws(OTLPError) -> Double {
        switch try json.kind() {
        case .number:
            if let value = Double(try json.number()) { return value }
        case .string:
            let text = try json.string()
            switch text {
            case "NaN": return .nan
            case "Infinity": return .infinity
            case "-Infinity": return -.infinity
            default: if let value = Double(text) { return value }
            }
        default:
            _ = try expect(.number, field)
            return 0
        }
        complain(field)
        return 0
    }

    /// A value of an enum by number or by name, which is `prefix` and one of `names`, in the order of their numbers.
    mutating func enumeration(
        _ field: StaticString,
        prefix: String,
        names: [String]
    ) throws(OTLPError) -> Int {
        guard try json.kind() == .string else { return Int(try integer(field)) }
        let text = try json.string()
        if let number = Int(text) { return number }
        // A name that is not known is one of a later version.
        return names.firstIndex { prefix + $0 == text } ?? 0
    }

    mutating func attributes() throws(OTLPError) -> Attributes {
        var attributes = AttributeCollector()
        try list("attributes") { reader throws(OTLPError) in try reader.attribute(into: &attributes) }
        return attributes.take()
    }

    private mutating func attribute(into attributes: inout AttributeCollector) throws(OTLPError) {
        var name = ""
        var value = AttributeValue.null
        guard var isFirst = try object("attributes") else { return }
        while let key = try json.nextKey(&isFirst) {
            if key.is("key") {
                name = try string("key")
            } else if key.is("value") {
                value = try self.value()
            } else {
                try json.skip()
            }
        }
        try spend()
        attributes.set(name, fingerprint: UInt64(bitPattern: Int64(name.hashValue)), value)
    }

    /// An `AnyValue`; the null value if it says nothing, or is `null` itself.
    private mutating func value() throws(OTLPError) -> AttributeValue {
        var value = AttributeValue.null
        guard var isFirst = try object("value") else { return value }
        while let key = try json.nextKey(&isFirst) {
            if try json.kind() == .null {
                try json.skip()
            } else if key.is("stringValue") {
                value = .string(try string("stringValue"))
            } else if key.is("intValue") {
                value = .int(try integer("intValue"))
            } else if key.is("boolValue") {
                value = .bool(try truth("boolValue"))
            } else if key.is("doubleValue") {
                value = .double(try double("doubleValue"))
            } else if key.is("bytesValue") {
                value = .bytes(try bytes())
            } else if key.is("arrayValue") {
                value = .array(try values())
            } else if key.is("kvlistValue") {
                value = .map(try map())
            } else {
                try json.skip()
            }
        }
        return value
    }

    private mutating func bytes() throws(OTLPError) -> [UInt8] {
        guard let bytes = Base64.decode(try string("bytesValue")) else {
            complain("bytesValue")
            return []
        }
        return bytes
    }

    private mutating func values() throws(OTLPError) -> [AttributeValue] {
        var values: [AttributeValue] = []
        guard var isFirst = try object("arrayValue") else { return values }
        while let key = try json.nextKey(&isFirst) {
            guard key.is("values") else {
                try json.skip()
                continue
            }
            try list("values") { reader throws(OTLPError) in
                try reader.spend()
                values.append(try reader.value())
            }
        }
        return values
    }

    private mutating func map() throws(OTLPError) -> Attributes {
        var attributes = AttributeCollector()
        guard var isFirst = try object("kvlistValue") else { return Attributes() }
        while let key = try json.nextKey(&isFirst) {
            guard key.is("values") else {
                try json.skip()
                continue
            }
            try list("values") { reader throws(OTLPError) in try reader.attribute(into: &attributes) }
        }
        return attributes.take()
    }
}
