// SPDX-License-Identifier: Apache-2.0

extension Int {
    /// With a comma at each thousand.
    var grouped: String {
        var digits = Array(String(magnitude))
        var place = digits.count - 3
        while place > 0 {
            digits.insert(",", at: place)
            place -= 3
        }
        return (self < 0 ? "-" : "") + String(digits)
    }
}

extension Double {
    /// A share of a whole in per cent: `0.4 %`, `73 %`.
    var percentText: String {
        let percent = self * 100
        guard percent.isFinite else { return "–" }
        if percent > 0, percent < 0.95 { return percent < 0.05 ? "< 0.1 %" : "0.\(Int((percent * 10).rounded())) %" }
        if percent < 100, percent >= 99.5 { return "> 99 %" }
        return "\(Int(percent.rounded())) %"
    }
}
