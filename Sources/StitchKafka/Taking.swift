// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// When records were taken: under which assignment of their partition, and after which seek.
///
/// What a caller says of a record counts only while nothing has changed since: after a seek the records before it were not
/// all handled, and a later assignment may begin before it.
struct Taking: Sendable, Hashable {
    private static let assignments = Atomic<UInt64>(0)

    private let assignment: UInt64

    /// Is raised by a seek.
    var generation = 0

    /// The first taking of a new assignment.
    init() { assignment = Self.assignments.wrappingAdd(1, ordering: .relaxed).newValue }
}
