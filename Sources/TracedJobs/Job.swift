// SPDX-License-Identifier: Apache-2.0

/// Work to be done later, perhaps in another process: data only.
///
/// The handler is registered with the worker (``JobWorker/handle(_:_:)``), so that a program that only enqueues links no
/// handler code. The data is stored as JSON.
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
