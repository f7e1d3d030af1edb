// SPDX-License-Identifier: Apache-2.0

import TraceContext

/// The trace ids that begin with some hexadecimal digits.
struct TraceRange: Sendable {
    let first: TraceID
    let last: TraceID

    /// The ids that begin so; `nil` for what no id begins with.
    ///
    /// - Parameter prefix: Up to 32 hexadecimal digits, of either case; all ids begin with none.
    init?(prefix: String) {
        let digits = prefix.utf8.map { Character(Unicode.Scalar($0)) }
        guard digits.count <= 32 else { return nil }
        var (low, high): ([UInt64], [UInt64]) = ([0, 0], [0, 0])
        for place in 0..<32 {
            let (least, most): (UInt64, UInt64)
            if place < digits.count {
                guard digits[place].isASCII, let digit = digits[place].hexDigitValue else { return nil }
                (least, most) = (UInt64(digit), UInt64(digit))
            } else {
                (least, most) = (0, 15)
            }
            low[place / 16] = low[place / 16] << 4 | least
            high[place / 16] = high[place / 16] << 4 | most
        }
        first = TraceID(high: low[0], low: low[1])
        last = TraceID(high: high[0], low: high[1])
    }

    /// Whether an id is among them.
    func contains(_ id: TraceID) -> Bool { !id.isBefore(first) && !last.isBefore(id) }
}
