// SPDX-License-Identifier: Apache-2.0

/// A value that is looked at where it lies.
///
/// Taking a value out of an array counts up every reference in it, and down again afterwards, which costs more than to
/// write it. What has no copies can only be borrowed, so nothing is counted for what is reached through this.
struct InPlace<Value>: ~Copyable {
    let value: Value
}

extension UnsafeBufferPointer {
    /// The elements, to be looked at where they lie; `nil` if there are none.
    ///
    /// A struct and its only property have the same layout.
    @inline(__always)
    var inPlace: UnsafePointer<InPlace<Element>>? {
        UnsafeRawPointer(baseAddress)?.assumingMemoryBound(to: InPlace<Element>.self)
    }

    /// Hands out each element where it lies.
    @inline(__always)
    func forEachInPlace(_ body: (borrowing InPlace<Element>) -> Void) {
        guard let elements = inPlace else { return }
        for index in indices { body(elements[index]) }
    }
}

extension Array {
    /// Hands out each element where it lies.
    @inline(__always)
    func forEachInPlace(_ body: (borrowing InPlace<Element>) -> Void) {
        withUnsafeBufferPointer { $0.forEachInPlace(body) }
    }
}
