// SPDX-License-Identifier: Apache-2.0

/// What an exporter throws that lost some spans of a batch and delivered the others.
public struct PartialExport: Error, Sendable, Hashable, CustomStringConvertible {
    /// How many spans are lost, 1 or more.
    public var lostSpanCount: Int

    /// Why, without secrets.
    public var message: String

    /// Some spans of a batch were lost.
    ///
    /// - Parameters:
    ///   - lostSpanCount: How many, 1 or more.
    ///   - message: Why, without secrets.
    public init(lostSpanCount: Int, message: String) {
        self.lostSpanCount = lostSpanCount
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
