// SPDX-License-Identifier: Apache-2.0

import StitchService
import Synchronization

/// librdkafka's log as diagnostics.
enum ClientLog {
    private static let throttle = Mutex(LogThrottle())

    /// Tells a line, unless lines like it were told often of late.
    ///
    /// - Parameters:
    ///   - level: As syslog counts.
    ///   - facility: What librdkafka calls the kind of line.
    ///   - client: What librdkafka calls the client, if it has a name yet.
    ///   - text: The line.
    static func tell(_ level: Int32, _ facility: String, client: String?, _ text: String) {
        let level = self.level(syslog: level, facility: facility)
        var metadata = ["facility": facility]
        metadata["client"] = client
        // Who asks for `debug` wants all of it.
        if level > .debug {
            let left = throttle.withLock { $0.admit("\(level) \(facility) \(text)", now: .now) }
            guard let left else { return }
            if left > 0 { metadata["left_out"] = String(left) }
        }
        Diagnostics.log(level, LogSecrets.redact(text), metadata: metadata)
    }

    /// librdkafka counts as syslog does: 0 to 2 is fatal, 3 an error that it goes on trying to get over, 4 a warning.
    static func level(syslog level: Int32, facility: String) -> Diagnostic.Level {
        // One configuration serves producers and consumers, so each has properties that are the other's. A lost
        // connection is an error event too, which is told as a warning.
        if facility == "CONFWARN" || facility == "FAIL" { return .debug }
        return switch level {
        case ...2: .error
        case 3, 4: .warning
        case 5, 6: .info
        default: .debug
        }
    }
}
