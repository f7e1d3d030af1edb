// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Tells when files of a directory, or a file, have changed, however often within a short time but once.
///
/// It asks for nothing itself: the system tells it.
///
/// `@unchecked Sendable`: of the source nothing is called but `cancel`, which any thread may.
final class DirectoryWatch: @unchecked Sendable {
    private let source: any DispatchSourceProtocol

    /// Once at first, since something may have changed before the watch began; then whenever something has changed since it
    /// was last asked for.
    let changes: AsyncStream<Void>

    /// Watches a path, until it is let go.
    init(_ path: String) throws(CommandError) {
        let (changes, change) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.changes = changes
        let queue = DispatchQueue(label: "watch")
        #if os(Linux)
        let descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        let events = UInt32(IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE)
        guard descriptor >= 0, inotify_add_watch(descriptor, path, events) >= 0 else {
            let reason = String(cString: strerror(errno))
            if descriptor >= 0 { close(descriptor) }
            throw .failure("can't watch \(path): \(reason)")
        }
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        source.setEventHandler {
            var events = [UInt8](repeating: 0, count: 1 << 14)
            while read(descriptor, &events, events.count) > 0 {}
            change.yield()
        }
        #else
        let descriptor = open(path, O_EVTONLY)
        guard descriptor >= 0 else { throw .failure("can't watch \(path): \(String(cString: strerror(errno)))") }
        let source = DispatchSource.makeFileSystemObjectSource(
            fileDescriptor: descriptor,
            eventMask: [.write, .extend],
            queue: queue
        )
        source.setEventHandler { change.yield() }
        #endif
        // The source owns the descriptor from here on.
        source.setCancelHandler {
            close(descriptor)
            change.finish()
        }
        change.yield()
        source.activate()
        self.source = source
    }

    deinit { source.cancel() }
}
