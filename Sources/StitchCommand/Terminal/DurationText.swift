// SPDX-License-Identifier: Apache-2.0

import Foundation

extension Duration {
    /// The duration as a person reads it, with three digits at the most: `850 µs`, `12.1 ms`, `3.01 s`, `4 min 05 s`.
    var text: String {
        let seconds = self / .seconds(1)
        return switch seconds {
        case ..<0: "-" + (.zero - self).text
        case ..<0.000_999_5: "\(Int((seconds * 1e6).rounded())) µs"
        case ..<0.999_5: Self.threeDigits(seconds * 1e3) + " ms"
        case ..<60: Self.threeDigits(seconds) + " s"
        case ..<3600: "\(Int(seconds) / 60) min \(String(format: "%02d", Int(seconds) % 60)) s"
        case ..<360_000: "\(Int(seconds) / 3600) h \(String(format: "%02d", Int(seconds) % 3600 / 60)) min"
        case ..<86_400_000: "\(Int(seconds) / 86_400) d \(String(format: "%02d", Int(seconds) % 86_400 / 3600)) h"
        default: Self.threeDigits(seconds / 31_557_600) + " y"
        }
    }

    private static func threeDigits(_ value: Double) -> String {
        let decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
        return String(format: "%.\(decimals)f", value)
    }
}
