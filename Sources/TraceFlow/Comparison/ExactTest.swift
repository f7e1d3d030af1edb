// SPDX-License-Identifier: Apache-2.0

/// Fisher's exact test, one-sided: what chance does to counts, however small.
enum ExactTest {
    /// How likely so many hits or more are, if as many are drawn from all at random.
    ///
    /// - Parameters:
    ///   - hits: How many of the drawn ones are marked.
    ///   - drawn: How many are drawn.
    ///   - marked: How many of all are marked.
    ///   - all: How many there are.
    /// - Returns: The probability, from 0 to 1; 1 for counts that can't be.
    static func chance(of hits: Int, among drawn: Int, when marked: Int, of all: Int) -> Double {
        guard hits >= 0, drawn >= hits, marked >= hits, all >= drawn, all >= marked else { return 1 }
        let (least, most) = (max(0, drawn - (all - marked)), min(drawn, marked))
        guard hits > least, hits <= most else { return 1 }
        // The weights are relative to that of the likeliest count, so that none is too large and only what hardly matters
        // is too small.
        let likeliest = min(most, max(least, Int(Double(drawn + 1) * Double(marked + 1) / Double(all + 2))))
        func ratio(_ count: Int) -> Double {
            Double(marked - count) * Double(drawn - count)
                / (Double(count + 1) * Double(all - marked - drawn + count + 1))
        }
        var (tail, rest) = likeliest >= hits ? (1.0, 0.0) : (0.0, 1.0)
        var weight = 1.0
        for count in stride(from: likeliest + 1, through: most, by: 1) {
            weight *= ratio(count - 1)
            if count >= hits { tail += weight } else { rest += weight }
            if weight == 0 { break }
        }
        weight = 1
        for count in stride(from: likeliest - 1, through: least, by: -1) {
            weight /= ratio(count)
            if count >= hits { tail += weight } else { rest += weight }
            if weight == 0 { break }
        }
        return tail / (tail + rest)
    }
}
