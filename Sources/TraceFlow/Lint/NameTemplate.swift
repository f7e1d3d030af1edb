// SPDX-License-Identifier: Apache-2.0

/// A name with its numbers and ids left out, so that names of one kind look the same.
///
/// A run of digits becomes `#`, and so does a word of eight hexadecimal digits or more of which one is a decimal digit.
struct NameTemplate: Hashable {
    let text: String

    /// Whether anything was left out.
    let hasValues: Bool

    /// How much of a name is looked at, in bytes.
    private static let length = 256

    init(_ name: String) {
        var text: [UInt8] = []
        var word: [UInt8] = []
        var hasValues = false
        func close() {
            let isHexadecimal = word.count >= 8 && word.allSatisfy(\.isHexadecimal) && word.contains(where: \.isDigit)
            if isHexadecimal {
                text.append(UInt8(ascii: "#"))
                hasValues = true
            } else {
                for byte in word {
                    guard byte.isDigit else {
                        text.append(byte)
                        continue
                    }
                    hasValues = true
                    if text.last != UInt8(ascii: "#") { text.append(UInt8(ascii: "#")) }
                }
            }
            word.removeAll(keepingCapacity: true)
        }
        for byte in name.utf8.prefix(Self.length) {
            if byte.isLetterOrDigit {
                word.append(byte)
            } else {
                close()
                text.append(byte)
            }
        }
        close()
        self.text = String(decoding: text, as: UTF8.self)
        self.hasValues = hasValues
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    fileprivate var isHexadecimal: Bool { isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20) }
    fileprivate var isLetterOrDigit: Bool { isDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
}
