// SPDX-License-Identifier: Apache-2.0

/// What waits for its turn, in the order in which it came.
///
/// Keeps nothing that was taken: it holds as many places as waited at once, however long it is never empty.
struct Backlog<Element> {
    /// A place for each that waits, and for those that were taken since it was last tidied up.
    private var places: [Element?] = []
    /// The first that has not been taken.
    private var first = 0

    var count: Int { places.count - first }

    mutating func add(_ elements: some Sequence<Element>) {
        for element in elements { places.append(element) }
    }

    mutating func take() -> Element? {
        guard first < places.count else { return nil }
        defer {
            places[first] = nil
            first += 1
            tidyUp()
        }
        return places[first]
    }

    /// Takes all that is left.
    mutating func takeAll() -> [Element] {
        defer { self = Backlog() }
        return places[first...].compactMap { $0 }
    }

    /// Moves what is left to the front as soon as it is the smaller part, so that nothing is moved more often than others were taken.
    private mutating func tidyUp() {
        guard first * 2 >= places.count else { return }
        places.removeFirst(first)
        first = 0
    }
}
