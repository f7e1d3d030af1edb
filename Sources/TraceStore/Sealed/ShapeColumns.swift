// SPDX-License-Identifier: Apache-2.0

/// Which columns the values of each shape stand in, one shape after the other: what is gone through for each row of a
/// block, without a look at the shapes themselves.
struct ShapeColumns: Sendable {
    private var starts: [Int32] = [0]
    private var columns: [Int32] = []
    /// Whether spans of a shape have a parent.
    private var parents: [Bool] = []

    /// Of no shapes.
    init() {}

    /// Of these.
    init(_ shapes: [SpanShape]) {
        for shape in shapes {
            // Numbers of columns, of which a file has fewer than it has bytes.
            for column in shape.columns { columns.append(Int32(truncatingIfNeeded: column)) }
            starts.append(Int32(truncatingIfNeeded: columns.count))
            parents.append(shape.hasParent)
        }
    }

    /// How many shapes there are.
    var count: Int { parents.count }

    /// Whether spans of a shape have a parent.
    @inline(__always)
    func hasParent(_ shape: Int32) -> Bool { parents[Int(shape)] }

    /// Hands over the columns of a shape.
    @inline(__always)
    func forEach(of shape: Int32, _ body: (Int) throws -> Void) rethrows {
        for place in starts[Int(shape)]..<starts[Int(shape) + 1] { try body(Int(columns[Int(place)])) }
    }
}
