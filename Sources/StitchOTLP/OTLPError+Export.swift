// SPDX-License-Identifier: Apache-2.0

extension OTLPError.Code {
    /// An exporter's setting is wrong.
    public static let invalidConfiguration = Self(description: "invalidConfiguration")

    /// The receiver could not be reached, or was too busy, until the deadline.
    public static let unreachable = Self(description: "unreachable")

    /// The receiver refused what was sent; sending it again would not help.
    public static let refused = Self(description: "refused")

    /// The exporter is shut down.
    public static let shutDown = Self(description: "shutDown")

    /// The system doesn't give what is needed: memory, or an address that another process listens at.
    public static let unavailable = Self(description: "unavailable")

    /// Some of several exporters could not deliver.
    public static let undelivered = Self(description: "undelivered")
}
