// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The secrets of one client, kept out of what librdkafka says for as long as this lives.
final class LogSecrets: Sendable {
    private let secrets: [String]
    private static let counts = Mutex<[String: Int]>([:])

    /// - Parameter secrets: What is shorter than four characters would hide half of every line, and is left.
    init(_ secrets: [String]) {
        self.secrets = secrets.filter { $0.utf8.count >= 4 }
        Self.counts.withLock { counts in
            for secret in self.secrets { counts[secret, default: 0] += 1 }
        }
    }

    deinit {
        Self.counts.withLock { counts in
            for secret in secrets {
                counts[secret, default: 1] -= 1
                if counts[secret] == 0 { counts[secret] = nil }
            }
        }
    }

    /// A text without any client's secrets.
    static func redact(_ text: String) -> String {
        counts.withLock { counts in
            counts.keys.reduce(text) { text, secret in
                text.contains(secret) ? text.replacing(secret, with: "<redacted>") : text
            }
        }
    }
}
