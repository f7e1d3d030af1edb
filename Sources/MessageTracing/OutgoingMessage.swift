// SPDX-License-Identifier: Apache-2.0

public import TelemetryAPI
public import TelemetryData
public import TraceContext

/// What tracing has to know of a message that is to be sent along with others.
public struct OutgoingMessage: Sendable {
    /// Where it goes to; `nil` for where the whole batch goes.
    public var target: MessageTarget?

    /// Its id, where it has one already.
    public var id: String?

    /// What it carries so far.
    public var incoming: ContextCarrier

    /// What its sender wants of whoever works on it.
    public var wish: StitchField.Wish?

    /// What else there is to say about it: its key, its partition.
    public var attributes: Attributes

    /// A message to be sent.
    public init(
        target: MessageTarget? = nil,
        id: String? = nil,
        incoming: ContextCarrier = ContextCarrier(),
        wish: StitchField.Wish? = nil,
        attributes: Attributes = Attributes()
    ) {
        self.target = target
        self.id = id
        self.incoming = incoming
        self.wish = wish
        self.attributes = attributes
    }
}
