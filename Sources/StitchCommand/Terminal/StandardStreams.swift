// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What a command prints: its result.
enum StandardOutput {
    static func write(_ text: String) {
        // Whoever reads may have gone (`stitch … | head`), which is no error of ours.
        try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    }
}

/// What a command tells beside its result.
enum StandardError {
    static func write(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}
