// SPDX-License-Identifier: Apache-2.0

/// What an error is called where nobody says it better.
public enum ErrorType {
    /// The value of `error.type`: the name of the error's type, without what differs from one run to the next.
    public static func name(of error: any Error) -> String { String(describing: type(of: error)) }
}
