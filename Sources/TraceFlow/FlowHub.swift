// SPDX-License-Identifier: Apache-2.0

/// A span of a flow that more spans link to than are followed.
public struct FlowHub: Sendable, Hashable {
    /// The span.
    public var span: SpanReference

    /// How many spans link to it, those that join nothing, as polls, among them.
    public var count: Int

    /// How many of them were followed, the first by trace and span id.
    public var followed: Int

    /// Whether the count is right, rather than the least that there are.
    public var isExact: Bool
}
