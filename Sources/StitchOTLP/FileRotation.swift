// SPDX-License-Identifier: Apache-2.0

/// Decides when a file is full, and how its predecessors are called: `spans.jsonl.1` is the newest of them.
///
/// Pure.
struct FileRotation {
    let path: String
    /// How large a file may become, in bytes; a longer line gets one of its own.
    let maximumSize: Int
    /// How many full files are kept beside the one that is written.
    let kept: Int

    /// Whether a file of `size` bytes is full when `count` further ones are to be written.
    func isFull(_ size: Int, adding count: Int) -> Bool { size > 0 && count > maximumSize - size }

    /// The renames that make room, in order; what they rename onto is given up.
    var renames: [(from: String, to: String)] {
        (0..<kept).reversed().map { (name($0), name($0 + 1)) }
    }

    private func name(_ age: Int) -> String { age == 0 ? path : "\(path).\(age)" }
}
