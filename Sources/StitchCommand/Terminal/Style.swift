// SPDX-License-Identifier: Apache-2.0

/// How a piece of text looks on a terminal.
enum Style: Hashable {
    case plain
    case bold
    case dim
    case failure
    case warning
    /// One of a few colours that are well apart, by the number of the service.
    case service(Int)

    private static let palette = [36, 35, 34, 32, 33, 96, 95, 94]

    private var code: String? {
        switch self {
        case .plain: nil
        case .bold: "1"
        case .dim: "2"
        case .failure: "31"
        case .warning: "33"
        case .service(let index): String(Self.palette[index % Self.palette.count])
        }
    }

    /// The text with the codes that make it look so, or as it is where colours aren't wanted.
    func apply(to text: String, hasColor: Bool) -> String {
        guard hasColor, let code, !text.isEmpty else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}
