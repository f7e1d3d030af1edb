// SPDX-License-Identifier: Apache-2.0

#if ServiceLifecycleSupport && LoggingSupport
import Logging

extension Logger {
    /// Says nothing; a group of services wants one.
    static let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }
}
#endif
