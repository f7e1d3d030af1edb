// SPDX-License-Identifier: Apache-2.0

/// What handlers hand to the test, which waits for it rather than for time to pass.
///
/// One task takes; any may put. What is put and not taken stays until the inbox is gone, so it is for tests alone.
public struct Inbox<Element: Sendable>: Sendable {
    private let stream: AsyncStream<Element>
    private let continuation: AsyncStream<Element>.Continuation

    /// Nothing in it.
    public init() { (stream, continuation) = AsyncStream.makeStream() }

    /// Hands something to the test.
    public func put(_ element: Element) { continuation.yield(element) }

    /// The next so many, from 1; waits for them.
    ///
    /// Fewer when the test is cancelled.
    public func take(_ count: Int) async -> [Element] {
        var elements: [Element] = []
        for await element in stream {
            elements.append(element)
            if elements.count >= count { break }
        }
        return elements
    }

    /// The next one; waits for it.
    ///
    /// `nil` when the test is cancelled.
    public func next() async -> Element? { await take(1).first }
}

/// A door that a handler waits at until the test opens it, or the handler is cancelled.
public struct Door: Sendable {
    private let inbox = Inbox<Void>()

    /// Closed.
    public init() {}

    /// Lets one through, now or later.
    public func open() { inbox.put(()) }

    /// Waits to be let through.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    public func pass() async throws {
        _ = await inbox.next()
        try Task.checkCancellation()
    }
}
