// SPDX-License-Identifier: Apache-2.0

/// Work to be done later, perhaps in another process: data only.
///
/// The handler is registered with the worker (``JobWorker/handle(_:retry:continuation:timeLimit:_:)``), so that a program
/// that only enqueues links no handler code. The data is stored as JSON.
///
/// ```swift
/// struct SendReceipt: Job {
///     static let kind = "send_receipt"
///     var orderID: Int
/// }
/// ```
public protocol Job: Codable, Sendable {
    /// What the job is called in the database and in traces. Stays the same when the type is renamed.
    static var kind: String { get }

    /// What the kind was called before: a worker takes jobs of these names too. None unless said.
    ///
    /// Spans, ``JobAttempt/kind`` and the database call a job by the name that it was enqueued under. Unique keys are those
    /// of a name: a job of an old one and a job of the new one may be there at a time. Workers that know the new name come
    /// before programs that enqueue it; an old name goes when no job has it any more.
    static var aliases: [String] { get }
}

extension Job {
    /// None.
    public static var aliases: [String] { [] }

    /// All names of the kind, each once, the one that is enqueued first.
    static var names: [String] {
        var names = [kind]
        for alias in aliases where !names.contains(alias) { names.append(alias) }
        return names
    }
}

/// Names a job in its queue's database.
public struct JobID: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The number, from 1.
    public let rawValue: Int64

    /// The job of this number.
    public init(rawValue: Int64) { self.rawValue = rawValue }

    /// The number in decimal digits.
    public var description: String { String(rawValue) }
}
