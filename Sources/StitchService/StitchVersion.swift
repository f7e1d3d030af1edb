// SPDX-License-Identifier: Apache-2.0

/// What this version of Stitch is called, wherever it tells.
package enum StitchVersion {
    /// By Semantic Versioning.
    package static let current = "0.1.0"
}
