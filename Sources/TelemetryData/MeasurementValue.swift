// SPDX-License-Identifier: Apache-2.0

/// A measured value, whole or not.
public enum MeasurementValue: Sendable, Hashable {
    /// A whole number.
    case int(Int64)
    /// A floating-point number, neither infinite nor NaN.
    case double(Double)

    /// The value as a floating-point number; of a whole number beyond 2⁵³ the nearest there is.
    public var doubleValue: Double {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        }
    }
}
