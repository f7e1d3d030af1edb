// SPDX-License-Identifier: Apache-2.0

/// The object ids of the types that values are encoded for and decoded from; they are fixed in every Postgres.
enum PostgresType {
    static let bool: UInt32 = 16
    static let bytea: UInt32 = 17
    static let int8: UInt32 = 20
    static let int2: UInt32 = 21
    static let int4: UInt32 = 23
    static let oid: UInt32 = 26
    static let float4: UInt32 = 700
    static let float8: UInt32 = 701
    static let timestamptz: UInt32 = 1184
    static let uuid: UInt32 = 2950
    static let jsonb: UInt32 = 3802
    static let xid8: UInt32 = 5069

    /// Types that the server made after its installation, such as enumerations, start here.
    static let firstUserDefined: UInt32 = 16_384

    /// Whether a type's binary form is its text: char, name, text, json, xml, unknown, bpchar, varchar.
    static func isText(_ type: UInt32) -> Bool {
        switch type {
        case 18, 19, 25, 114, 142, 705, 1042, 1043: true
        default: false
        }
    }

    /// The type of the elements of an array; `nil` for what is none, or none that is known here.
    static func element(of array: UInt32) -> UInt32? {
        switch array {
        case 1000: bool
        case 1001: bytea
        case 1005: int2
        case 1007: int4
        case 1016: int8
        case 1028: oid
        case 1021: float4
        case 1022: float8
        case 1185: timestamptz
        case 2951: uuid
        case 3807: jsonb
        case 271: xid8
        case 1003: 19
        case 1009: 25
        case 199: 114
        case 1014: 1042
        case 1015: 1043
        default: nil
        }
    }

    static func name(of type: UInt32) -> String {
        if let element = element(of: type) { return name(of: element) + "[]" }
        let names: [UInt32: String] = [
            bool: "boolean", bytea: "bytea", int8: "bigint", int2: "smallint", int4: "integer", oid: "oid", 25: "text",
            float4: "real", float8: "double precision", timestamptz: "timestamptz", uuid: "uuid", jsonb: "jsonb",
            xid8: "xid8", 19: "name", 114: "json", 1042: "character", 1043: "character varying", 1082: "date",
            1114: "timestamp", 1186: "interval", 1700: "numeric", 2278: "void",
        ]
        return names[type] ?? "number \(type)"
    }
}
