// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
public import TraceContext

/// What a span has from its start on: the closure that fills it never runs for a span that nobody records.
///
/// What is said is written as OTLP's bytes at once, so that it costs no more than copying it.
public struct SpanBuilder: ~Copyable, Sendable {
    /// What there is to say about the span.
    public var attributes: AttributeWriter

    /// How many links there are.
    @inlinable public var linkCount: Int { Int(keptLinks) }

    /// How many links were said beyond those that the span keeps.
    @inlinable public var droppedLinkCount: Int { Int(droppedLinks) }

    /// Whether a link had more attributes than it keeps.
    @usableFromInline package private(set) var hasDroppedLinkAttributes = false

    // Of half the size, so that less is moved until the span has its place.
    @usableFromInline var keptLinks: Int32 = 0
    @usableFromInline var droppedLinks: Int32 = 0
    @usableFromInline let limits: Limits

    /// How much is kept.
    @usableFromInline
    package struct Limits: Sendable {
        @usableFromInline let links: Int32
        @usableFromInline let attributes: Int32
        @usableFromInline let attributesPerLink: Int32
        @usableFromInline let valueLength: Int32

        /// Limits of a span; below 0 they are 0.
        package init(links: Int, attributes: Int, attributesPerLink: Int, valueLength: Int) {
            self.links = Int32(clamping: links)
            self.attributes = Int32(clamping: attributes)
            self.attributesPerLink = Int32(clamping: attributesPerLink)
            self.valueLength = Int32(clamping: max(0, valueLength))
        }
    }

    /// Nothing so far.
    ///
    /// For tracers.
    ///
    /// - Parameters:
    ///   - linkLimit: How many links the span keeps, from 0; further ones are counted and no more.
    ///   - attributeLimit: How many attributes it keeps, from 0.
    ///   - attributesPerLink: How many attributes each link keeps, from 0.
    ///   - valueLimit: How long the value of an attribute may be, in Unicode scalars or bytes, from 0.
    public init(
        linkLimit: Int = .max,
        attributeLimit: Int = .max,
        attributesPerLink: Int = .max,
        valueLimit: Int = .max
    ) {
        self.init(
            Limits(
                links: linkLimit,
                attributes: attributeLimit,
                attributesPerLink: attributesPerLink,
                valueLength: valueLimit
            )
        )
    }

    /// Nothing so far.
    @inlinable
    package init(_ limits: Limits) {
        attributes = AttributeWriter(limit: limits.attributes, longest: limits.valueLength)
        self.limits = limits
    }

    /// Sets an attribute whose key stands in the program's text; quicker than by ``attributes``.
    @inlinable
    @inline(__always)
    public mutating func set(_ key: StaticString, _ text: String) { attributes.set(literal: key, text) }

    /// Sets an attribute whose key stands in the program's text; quicker than by ``attributes``.
    @inlinable
    @inline(__always)
    public mutating func set(_ key: StaticString, _ number: Int) { attributes.set(literal: key, Int64(number)) }

    /// Sets an attribute whose key stands in the program's text; quicker than by ``attributes``.
    @inlinable
    @inline(__always)
    public mutating func set(_ key: StaticString, _ number: Double) { attributes.set(literal: key, number) }

    /// Sets an attribute whose key stands in the program's text; quicker than by ``attributes``.
    @inlinable
    @inline(__always)
    public mutating func set(_ key: StaticString, _ truth: Bool) { attributes.set(literal: key, truth) }

    /// Says that the span has to do with another one.
    public mutating func addLink(_ context: SpanContext, attributes: Attributes = Attributes()) {
        addLink(SpanLink(context, attributes: attributes))
    }

    /// Says that the span has to do with another one.
    public mutating func addLink(_ link: SpanLink) {
        guard takesLink() else { return }
        let link = limited(link)
        if link.droppedAttributeCount > 0 { hasDroppedLinkAttributes = true }
        attributes.writer.write(link: link, field: Self.linkField)
    }

    /// Says that the span has to do with another one, and what that is to it; nothing for one that nobody can name.
    public mutating func addLink(_ context: SpanContext, role: MessagingConventions.LinkRole) {
        guard context.isValid else { return }
        if context.state.isEmpty, limits.attributesPerLink > 0, keptLinks < limits.links, attributes.valueLimit == .max
        {
            keptLinks &+= 1
            attributes.addLink(to: context, role)
        } else {
            addLink(context, attributes: [MessagingConventions.Attribute.linkRole: .string(role.rawValue)])
        }
    }

    /// The links so far.
    public var links: [SpanLink] { attributes.links }

    private mutating func takesLink() -> Bool {
        guard keptLinks < limits.links else {
            droppedLinks &+= 1
            return false
        }
        keptLinks &+= 1
        return true
    }

    /// A link as it is kept.
    private func limited(_ link: SpanLink) -> SpanLink {
        guard link.attributes.count > limits.attributesPerLink || attributes.valueLimit != .max else { return link }
        var kept = Attributes()
        for element in link.attributes.elements.prefix(max(0, Int(limits.attributesPerLink))) {
            kept[element.key] = element.value.limited(to: attributes.valueLimit)
        }
        let dropped = link.attributes.count - kept.count
        return SpanLink(link.context, attributes: kept, droppedAttributeCount: link.droppedAttributeCount + dropped)
    }

    /// The number of a span's field for a link.
    private static var linkField: Int { 13 }
}
