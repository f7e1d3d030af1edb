// SPDX-License-Identifier: Apache-2.0

import Synchronization
public import TelemetryAPI

/// The targets of a client by destination, each made when it is needed first and kept.
///
/// May be shared by all tasks. At most ``maximumCount`` are kept: names of destinations may come from outside.
public final class MessageTargets: Sendable {
    /// How many targets are kept; further ones are made anew each time.
    public static let maximumCount = 1024

    private let targets = Mutex<[String: MessageTarget]>([:])
    private let make: @Sendable (String) -> MessageTarget

    /// No targets yet.
    ///
    /// - Parameter make: Makes the target of a destination.
    public init(_ make: @escaping @Sendable (String) -> MessageTarget) {
        self.make = make
    }

    /// The target of a destination.
    public subscript(destination: String) -> MessageTarget {
        if let target = targets.withLock({ $0[destination] }) { return target }
        let target = make(destination)
        targets.withLock { if $0.count < Self.maximumCount { $0[destination] = target } }
        return target
    }
}
