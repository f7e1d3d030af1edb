// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// Which attributes the spans of each shape may have: so that rows are passed over without their spans being read.
struct ShapeAttributes: Sendable {
    fileprivate struct Shape: Sendable {
        var source: Int
        /// `nil` if it isn't known.
        var name: String?
        /// Of keys, and of keys and values, that all its spans have.
        var constants: Set<UInt32> = []
        /// Of keys of which the values differ.
        var keys: Set<UInt32> = []
        /// Whether there may be more than that.
        var isOpen = false
    }

    private var shapes: [Shape] = []

    init(_ directory: SealedDirectory) {
        shapes = directory.shapes.map { shape in
            var known = Shape(source: Int(shape.source))
            for step in shape.steps {
                switch step.kind {
                case .literal: Self.read(shape.text[step.text], &known)
                case .attribute: known.keys.insert(shape.text[step.text].withUnsafeBytes { AttributeHash($0).value })
                case .rest: known.isOpen = true
                default: break
                }
            }
            return known
        }
    }

    private static func read(_ text: ArraySlice<UInt8>, _ known: inout Shape) {
        text.withUnsafeBytes { bytes in
            var reader = ProtobufReader(own: bytes)
            do {
                while let field = try reader.next() {
                    switch (field.number, field.type) {
                    case (5, .lengthDelimited): known.name = field.string
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

    /// Looks which classes may have attributes, beside those of their sources.
    ///
    /// - Parameters:
    ///   - attributes: The hashes, and those of the keys.
    ///   - directory: Has the classes.
    /// - Returns: For each class, whether its spans may have them all.
    func classes(_ attributes: [(hash: UInt32, key: UInt32)], _ directory: SealedDirectory) -> [Bool] {
        var numbers: [String: Int] = [:]
        for (number, name) in directory.names.enumerated() { numbers[name] = number }
        var isWanted = [Bool](repeating: false, count: directory.names.count * directory.sources.count)
        var isAnyName = [Bool](repeating: false, count: directory.sources.count)
        for shape in shapes where shape.mayHave(attributes) {
            if let number = shape.name.flatMap({ numbers[$0] }) {
                isWanted[shape.source * directory.names.count + number] = true
            } else {
                isAnyName[shape.source] = true
            }
        }
        return directory.classes.map { item in
            isAnyName[Int(item.source)] || isWanted[Int(item.source) * directory.names.count + Int(item.name)]
        }
    }
}

extension ShapeAttributes.Shape {
    fileprivate func mayHave(_ attributes: [(hash: UInt32, key: UInt32)]) -> Bool {
        isOpen || attributes.allSatisfy { constants.contains($0.hash) || keys.contains($0.key) }
    }
}
