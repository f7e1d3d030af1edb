// SPDX-License-Identifier: Apache-2.0

import Foundation
import Stitch

/// Spans of two threads, 50,000 a second each, and how long one keeps its caller.
final class SpanLoad: Sendable {
    private static let threads = 2
    private static let burst = 500
    private static let pause = 0.01

    /// How many spans ended, and what was the longest that 999 of 1,000 bursts took, for each of their spans.
    struct Outcome {
        var spans = 0
        var nanoseconds = 0.0
    }

    /// Makes spans for a time; blocks its thread.
    static func run(_ seconds: Double) -> Outcome {
        nonisolated(unsafe) var bursts = [[Double]](repeating: [], count: threads)
        let lock = NSLock()
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            let durations = makeSpans(for: seconds)
            lock.withLock { bursts[thread] = durations }
        }
        let all = bursts.flatMap { $0 }.sorted()
        return Outcome(
            spans: all.count * burst,
            nanoseconds: all.isEmpty ? 0 : all[all.count * 999 / 1000] / Double(burst)
        )
    }

    /// The nanoseconds that each burst took.
    private static func makeSpans(for seconds: Double) -> [Double] {
        var durations: [Double] = []
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            let begin = ContinuousClock.now
            for number in 0..<burst {
                withSpan("process orders", ofKind: .consumer) { span in span.attributes["number"] = .int(Int64(number))
                }
            }
            durations.append((ContinuousClock.now - begin) / .nanoseconds(1))
            Thread.sleep(forTimeInterval: pause)
        }
        return durations
    }
}
