// SPDX-License-Identifier: Apache-2.0

/// Values that are being gathered, those of a message on top of those of the message round it.
///
/// How many there will be is known only when the message has been read. Taken from here they get an array of just their
/// size, by one allocation.
struct Stack<Element>: ~Copyable {
    private var memory: UnsafeMutablePointer<Element>?
    private var capacity = 0

    /// How many there are.
    private(set) var count = 0

    deinit {
        memory?.deinitialize(count: count)
        memory?.deallocate()
    }

    /// Adds a value.
    @inline(__always)
    mutating func push(_ element: consuming Element) {
        if count == capacity { grow() }
        guard let memory else { return }
        (memory + count).initialize(to: element)
        count &+= 1
    }

    /// The values from a place on, in their order; they are gone from here then.
    @inline(__always)
    mutating func take(from start: Int) -> [Element] {
        guard let memory, start < count else { return [] }
        let end = count
        count = start
        // An array whose memory a closure fills looks up its own type each time, which costs more than all of this.
        return Array(Taken(place: memory + start, end: memory + end))
    }

    /// Values that are moved out of their memory, one after the other.
    private struct Taken: Sequence, IteratorProtocol {
        var place: UnsafeMutablePointer<Element>
        let end: UnsafeMutablePointer<Element>

        @inline(__always)
        var underestimatedCount: Int { end - place }

        @inline(__always)
        mutating func next() -> Element? {
            guard place < end else { return nil }
            defer { place += 1 }
            return place.move()
        }
    }

    /// Looks at the values from a place on, or changes them, and keeps the first so many.
    mutating func edit(from start: Int, _ body: (UnsafeMutableBufferPointer<Element>) -> Int) {
        guard let memory, start < count else { return }
        let all = UnsafeMutableBufferPointer(start: memory + start, count: count &- start)
        remove(from: start &+ body(all))
    }

    /// Forgets the values from a place on.
    mutating func remove(from start: Int) {
        guard let memory, start < count else { return }
        (memory + start).deinitialize(count: count &- start)
        count = start
    }

    @inline(never)
    private mutating func grow() {
        capacity = max(capacity * 2, 16)
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
        if let memory {
            larger.moveInitialize(from: memory, count: count)
            memory.deallocate()
        }
        memory = larger
    }
}
