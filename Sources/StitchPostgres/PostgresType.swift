// SPDX-License-Identifier: Apache-2.0

/// The object ids of the types that values are decoded from; they are fixed in every Postgres.
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

    /// Types whose binary form is their text: char, name, text, json, xml, unknown, bpchar, varchar.
    static let texts: Set<UInt32> = [18, 19, 25, 114, 142, 705, 1042, 1043]

    /// Types that the server made after its installation, such as enumerations, start here.
    static let firstUserDefined: UInt32 = 16_384

    static func name(of type: UInt32) -> String {
        let names: [UInt32: String] = [
            bool: "boolean", bytea: "bytea", int8: "bigint", int2: "smallint", int4: "integer", oid: "oid", 25: "text",
            float4: "real", float8: "double precision", timestamptz: "timestamptz", uuid: "uuid", jsonb: "jsonb",
            1082: "date", 1114: "timestamp", 1186: "interval", 1700: "numeric", 2278: "void",
        ]
        return names[type] ?? "number \(type)"
    }
}
