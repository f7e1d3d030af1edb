// SPDX-License-Identifier: Apache-2.0

import Dispatch

/// What a worker in a process of its own says on its standard output, a line each.
///
/// A line is written at once, so it outlives the process.
package enum MemberEvent: Sendable, Hashable {
    /// One attempt at a job.
    package struct Attempt: Sendable, Hashable {
        /// The job's number, its id, the attempt's number, and how often workers were lost with the job before.
        package var number: Int
        package var job: Int64
        package var attempt: Int
        package var losses: Int

        package init(number: Int, job: Int64, attempt: Int, losses: Int) {
            self.number = number
            self.job = job
            self.attempt = attempt
            self.losses = losses
        }
    }

    /// How a handler left an attempt.
    package enum Ending: String, Sendable { case done, failed, snoozed, stopped }

    case began(Attempt)
    case ended(Attempt, Ending)
    /// The end of an attempt came after the worker was given up, and changed nothing.
    case refused(job: Int64)
    /// It took a job from a worker that was lost.
    case rescued(job: Int64)
    /// Whatever else it has to tell.
    case told(String)

    /// Nanoseconds of the clock that all processes of the machine share, and that nobody sets.
    package static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }

    /// The event and its time, as one line without its end.
    package func line(at time: UInt64 = now) -> String {
        switch self {
        case .began(let attempt): "\(time) began \(attempt.words)"
        case .ended(let attempt, let ending): "\(time) \(ending.rawValue) \(attempt.words)"
        case .refused(let job): "\(time) refused \(job)"
        case .rescued(let job): "\(time) rescued \(job)"
        case .told(let text): "\(time) told \(text.replacing("\n", with: " "))"
        }
    }

    /// Reads a line; `nil` for one that is cut off or comes from somebody else.
    package static func parse(_ line: some StringProtocol) -> (time: UInt64, event: MemberEvent)? {
        let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count == 3, let time = UInt64(words[0]) else { return nil }
        let rest = String(words[2])
        let event: MemberEvent? =
            switch words[1] {
            case "began": Attempt(words: rest).map { .began($0) }
            case "refused": Int64(rest).map { .refused(job: $0) }
            case "rescued": Int64(rest).map { .rescued(job: $0) }
            case "told": .told(rest)
            default: Ending(rawValue: String(words[1])).flatMap { end in Attempt(words: rest).map { .ended($0, end) } }
            }
        return event.map { (time, $0) }
    }
}

extension MemberEvent.Attempt {
    fileprivate var words: String { "\(number) \(job) \(attempt) \(losses)" }

    fileprivate init?(words: String) {
        let numbers = words.split(separator: " ").compactMap { Int64($0) }
        guard numbers.count == 4 else { return nil }
        self.init(number: Int(numbers[0]), job: numbers[1], attempt: Int(numbers[2]), losses: Int(numbers[3]))
    }
}
