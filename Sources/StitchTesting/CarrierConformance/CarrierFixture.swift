// SPDX-License-Identifier: Apache-2.0

public import TraceContext

/// Something that carries a ``/TraceContext/ContextCarrier``, made ready for ``CarrierConformance``: requests, messages,
/// rows.
///
/// **Contract.** The suite calls one method at a time, in its caller's isolation, and keeps no message when a case is
/// done. `write` and `carrier` are the code under test; `message` and `fields` stand for a program that knows nothing of
/// it, so they should not use that code.
///
/// ```swift
/// struct Envelopes: CarrierFixture {
///     let kind = CarrierKind.row
///
///     func message(holding fields: [CarrierField]) -> Envelope? {
///         guard let pairs = CarrierField.dictionary(fields) else { return nil }
///         return Envelope(metadata: pairs)
///     }
///     func fields(of envelope: Envelope) -> [CarrierField] { envelope.metadata.map { CarrierField($0.key, $0.value) } }
///     func write(_ carrier: ContextCarrier, to envelope: inout Envelope) { envelope.carry(carrier) }
///     func carrier(of envelope: Envelope) -> ContextCarrier { envelope.carried }
/// }
/// ```
public protocol CarrierFixture {
    /// What carries: a request, a message, a row.
    associatedtype Message

    /// Which rules hold for repeated fields.
    var kind: CarrierKind { get }

    /// A message that holds these fields as another program would have put them there, in this order and as they are.
    ///
    /// - Returns: The message; `nil` if there can be no such message, because values are text and these bytes are none,
    ///   or because there is one field of a name and these are two.
    /// - Throws: What keeps the fixture from working; a violation of its own.
    func message(holding fields: [CarrierField]) async throws -> Message?

    /// All fields that a message holds, as another program would find them, in order.
    ///
    /// A row gives its columns under the names of the fields: one `traceparent`, whatever it is stored as.
    ///
    /// - Throws: What keeps the fixture from working; a violation of its own.
    func fields(of message: Message) async throws -> [CarrierField]

    /// Writes a carrier to a message, by the code under test.
    ///
    /// - Throws: What that code throws; a violation.
    func write(_ carrier: ContextCarrier, to message: inout Message) async throws

    /// Reads the carrier of a message, by the code under test.
    ///
    /// - Throws: What that code throws; a violation.
    func carrier(of message: Message) async throws -> ContextCarrier
}

/// What something is that carries a ``/TraceContext/ContextCarrier``: it decides what repeated fields mean.
public enum CarrierKind: Sendable, Hashable, CaseIterable {
    /// Fields of HTTP: names in any case; two `traceparent` are no context at all; several `tracestate` or `baggage` are
    /// joined in order.
    case httpFields

    /// Headers of a message: names as they are; the last valid `traceparent` counts, and the last of every other field.
    ///
    /// Writing leaves no field of an older context behind.
    case messageHeaders

    /// One of each: a row of a table, a dictionary.
    ///
    /// Writing leaves no field of an older context behind; what it does to other fields is not looked at.
    case row
}

/// A field as it lies in a message: a name, and bytes that may be anything.
public struct CarrierField: Sendable, Hashable {
    /// Its name.
    public var name: String

    /// Its value.
    public var value: [UInt8]

    /// A field with bytes.
    public init(_ name: String, _ value: [UInt8]) {
        self.name = name
        self.value = value
    }

    /// A field with text.
    public init(_ name: String, _ text: String) {
        self.init(name, Array(text.utf8))
    }

    /// The value as text; `nil` if it is no UTF-8.
    public var text: String? { String(validating: value, as: UTF8.self) }

    /// Names and texts, in order; `nil` if a value is no text.
    public static func pairs(_ fields: [CarrierField]) -> [(name: String, value: String)]? {
        var pairs: [(name: String, value: String)] = []
        for field in fields {
            guard let text = field.text else { return nil }
            pairs.append((field.name, text))
        }
        return pairs
    }

    /// Texts by name; `nil` if a name occurs twice or a value is no text.
    public static func dictionary(_ fields: [CarrierField]) -> [String: String]? {
        var texts: [String: String] = [:]
        for field in fields {
            guard let text = field.text, texts.updateValue(text, forKey: field.name) == nil else { return nil }
        }
        return texts
    }
}
