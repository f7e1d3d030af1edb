// SPDX-License-Identifier: Apache-2.0

/// A kind of request that a mock cluster can let fail.
public struct MockRequest: Sendable, Hashable {
    /// The protocol's number of it.
    public var key: Int16

    /// A kind of request by the protocol's number.
    public init(key: Int16) { self.key = key }

    /// Records are written.
    public static let produce = MockRequest(key: 0)
    /// Records are read.
    public static let fetch = MockRequest(key: 1)
    /// Offsets are asked for: the first, the last, those of a time.
    public static let listOffsets = MockRequest(key: 2)
    /// It is asked which topics and brokers there are.
    public static let metadata = MockRequest(key: 3)
    /// A group's offsets are committed.
    public static let offsetCommit = MockRequest(key: 8)
    /// A group's offsets are read.
    public static let offsetFetch = MockRequest(key: 9)
    /// It is asked who keeps a group.
    public static let findCoordinator = MockRequest(key: 10)
    /// A member joins a group.
    public static let joinGroup = MockRequest(key: 11)
    /// A member says that it is alive.
    public static let heartbeat = MockRequest(key: 12)
}
