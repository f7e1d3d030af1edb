// SPDX-License-Identifier: Apache-2.0

import Foundation
import Stitch

/// Ends a service of a demo when the demo is gone, however it went: its end closes this process's standard input.
///
/// At once and without an orderly stop: the in-process Kafka went with the demo, and nobody would read the spans. What
/// the demo says meanwhile, a line at a time, goes to `heard`.
final class ParentWatch: Service {
    private let heard: @Sendable (String) -> Void
    private let (stopped, stop) = AsyncStream.makeStream(of: Never.self)

    init(heard: @escaping @Sendable (String) -> Void = { _ in }) {
        self.heard = heard
    }

    var name: String { "ParentWatch" }

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            let (heard, stopped) = (heard, stopped)
            group.addTask {
                for await line in LineStream.lines(of: .standardInput) { heard(line) }
                if !Task.isCancelled { exit(CommandError.failureStatus) }
            }
            group.addTask { for await _ in stopped {} }
            await group.next()
            group.cancelAll()
        }
    }

    func shutdown() async { stop.finish() }
}
