// SPDX-License-Identifier: Apache-2.0

import Foundation
import MessageTracing

/// The kinds that a worker knows, as it registers them.
struct KnownKinds: Sendable {
    /// Their names, aliases among them, in a stable order.
    let names: [String]

    /// Whether their attempts continue the traces that created the jobs, as JSON: for whoever rescues them, so that it
    /// decides as the worker did.
    let policy: String

    private struct Rule: Encodable {
        var mode: String
        var within: Double?
        /// For kinds that differ.
        var kinds: [String: Rule]?

        init(_ policy: ContinuationPolicy) {
            switch policy {
            case .continueTrace: mode = "continue"
            case .newTrace: mode = "new"
            case .automatic(let limit):
                mode = "automatic"
                within = limit.inSeconds
            }
        }
    }

    /// The kinds that have handlers, of a worker whose own policy is `usual`.
    init(_ handlers: [String: KindHandler], usual: ContinuationPolicy) throws(JobError) {
        names = handlers.keys.sorted()
        var rule = Rule(usual)
        let others = handlers.mapValues(\.continuation).filter { $0.value != usual }
        if !others.isEmpty { rule.kinds = others.mapValues { Rule($0) } }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        do { policy = String(decoding: try encoder.encode(rule), as: UTF8.self) } catch {
            throw JobError(.invalidConfiguration, "The continuation policies can't be written as JSON", cause: error)
        }
    }
}
