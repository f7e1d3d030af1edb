// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// Which attributes the spans of each shape may have: so that rows are passed over without their spans being read.
struct ShapeAttributes: Sendable {
    fileprivate struct Shape: Sendable {
        var source: Int
        /// The number of its name; `nil` if it isn't known.
        var name: Int?
        /// Of keys, and of keys and values, that all its spans have.
        var constants: Set<UInt32> = []
        /// The hashes of keys of which the values differ, and which of a span's values they are.
        var values: [(key: UInt32, value: AttributeTests.Value)] = []
        /// Whether there may be more than that.
        var isOpen = false
    }

    /// A source, and the number of a name of its spans; `nil` for any.
    private struct NamedSource: Hashable {
        var source: Int
        var name: Int?
    }

    private var shapes: [Shape] = []

    init(_ directory: SealedDirectory) {
        var names: [String: Int] = [:]
        for (number, name) in directory.names.enumerated() { names[name] = number }
        shapes = directory.shapes.map { shape in
            var known = Shape(source: Int(shape.source))
            var slot = 0
            for step in shape.steps {
                switch step.kind {
                case .literal: Self.read(shape.text[step.text], names, &known)
                case .attribute:
                    let key = shape.text[step.text].withUnsafeBytes { AttributeHash($0).value }
                    known.values.append((key, AttributeTests.Value(slot: slot, type: step.type)))
                case .rest: known.isOpen = true
                default: break
                }
                // These have a value each.
                if step.kind == .attribute || step.kind == .rest || step.kind == .links { slot += 1 }
            }
            return known
        }
    }

    private static func read(_ text: ArraySlice<UInt8>, _ names: [String: Int], _ known: inout Shape) {
        text.withUnsafeBytes { bytes in
            var reader = ProtobufReader(own: bytes)
            do {
                while let field = try reader.next() {
                    switch (field.number, field.type) {
                    case (5, .lengthDelimited): known.name = names[field.string]
                    case (9, .lengthDelimited): known.isOpen = try !read(attribute: field, &known) || known.isOpen
                    default: break
                    }
                }
            } catch {
                known.isOpen = true
                known.name = nil
            }
        }
    }

    /// Whether it was one that is told in the usual way.
    private static func read(
        attribute field: ProtobufReader.Field,
        _ known: inout Shape
    ) throws(ProtobufError) -> Bool {
        var reader = ProtobufReader(own: field.bytes)
        guard let key = try reader.next(), key.number == 1, key.type == .lengthDelimited,
            let value = try reader.next(), value.number == 2, value.type == .lengthDelimited, reader.remainingCount == 0
        else { return false }
        let hash = AttributeHash(key.bytes)
        known.constants.insert(hash.value)
        known.constants.insert(hash.with(value: value.bytes))
        return true
    }

    /// Says what conditions ask of the spans of a file, beside the attributes of their sources.
    ///
    /// - Parameters:
    ///   - conditions: Which attributes there must be.
    ///   - directory: The file's.
    /// - Returns: What is asked.
    func tests(_ conditions: [AttributeTests.Condition], _ directory: SealedDirectory) -> AttributeTests {
        let verdicts = shapes.map { $0.verdict(conditions) }
        var wanted: Set<NamedSource> = []
        for (shape, verdict) in zip(shapes, verdicts) {
            if case .never = verdict { continue }
            wanted.insert(NamedSource(source: shape.source, name: shape.name))
        }
        let classes = directory.classes.map { item in
            let (source, name) = (Int(item.source), Int(item.name))
            return wanted.contains(NamedSource(source: source, name: name))
                || wanted.contains(NamedSource(source: source, name: nil))
        }
        return AttributeTests(verdicts: verdicts, classes: classes)
    }
}

extension ShapeAttributes.Shape {
    fileprivate func verdict(_ conditions: [AttributeTests.Condition]) -> AttributeTests.Verdict {
        if isOpen { return .open }
        var deciding: [(condition: AttributeTests.Condition, values: [AttributeTests.Value])] = []
        for condition in conditions where !constants.contains(condition.hash) {
            let values = values.filter { $0.key == condition.key.value }.map(\.value)
            if values.isEmpty { return .never }
            // That it has the key may be enough.
            if condition.hash != condition.key.value { deciding.append((condition, values)) }
        }
        return .values(deciding)
    }
}
