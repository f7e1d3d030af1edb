// SPDX-License-Identifier: Apache-2.0

extension SpanData {
    /// Where the first span stands that is of another resource or scope than the one it begins with.
    package static func endOfRun(from start: Int, in spans: UnsafeBufferPointer<SpanData>) -> Int {
        guard let elements = spans.inPlace else { return spans.count }
        var end = start + 1
        while end < spans.count, haveSameOrigin(elements[start], elements[end]) { end += 1 }
        return end
    }

    @inline(__always)
    private static func haveSameOrigin(_ a: borrowing InPlace<SpanData>, _ b: borrowing InPlace<SpanData>) -> Bool {
        a.value.origin == b.value.origin
    }
}
