// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What a command prints: its result.
enum StandardOutput {
    /// Writes it; `false` if whoever reads has gone (`stitch … | head`), which is no error of ours.
    @discardableResult
    static func write(_ text: String) -> Bool {
        (try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))) != nil
    }
}

/// What a command tells beside its result.
enum StandardError {
    static func write(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}
