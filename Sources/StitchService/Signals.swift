// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The process's SIGTERM and SIGINT as a stream, from `init` until ``stop()``; afterwards they end the process again.
///
/// A handler writes each signal into a pipe, where none gets lost, however early or soon after another it comes; and
/// programs that this one starts get their signals as usual. One may listen at a time: the newest gets the signals.
package struct Signals {
    package let stream: AsyncStream<Void>
    private var source: (any DispatchSourceRead)?
    private var writeEnd: Int32 = -1
    private static let numbers = [SIGTERM, SIGINT]

    package init() {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(8))
        self.stream = stream
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return }  // No descriptor left: the signals keep ending the process.
        let readEnd = ends[0]
        writeEnd = ends[1]
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(writeEnd, F_SETFL, O_NONBLOCK)  // A handler must never wait.
        let source = DispatchSource.makeReadSource(fileDescriptor: readEnd, queue: .global())
        source.setEventHandler {
            var bytes: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0]
            for _ in 0..<max(0, read(readEnd, &bytes, bytes.count)) { continuation.yield() }
        }
        source.setCancelHandler {
            close(readEnd)
            continuation.finish()
        }
        source.activate()
        self.source = source
        signalPipe.store(writeEnd, ordering: .sequentiallyConsistent)
        for number in Self.numbers {
            signal(number) { _ in
                let before = errno
                var byte: UInt8 = 0
                _ = write(signalPipe.load(ordering: .sequentiallyConsistent), &byte, 1)
                errno = before
            }
        }
    }

    package func stop() {
        for number in Self.numbers { signal(number, SIG_DFL) }
        guard let source else { return }
        _ = signalPipe.compareExchange(expected: writeEnd, desired: -1, ordering: .sequentiallyConsistent)
        source.cancel()
        close(writeEnd)
    }
}

/// Where the handler writes; a handler can be handed nothing, so it has to be global.
private let signalPipe = Atomic<Int32>(-1)
