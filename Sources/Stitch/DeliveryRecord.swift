// SPDX-License-Identifier: Apache-2.0

/// What became of the deliveries to one place, and what is told of it.
///
/// Pure. Told are the first failure, the first delivery after failures, and at the end what is missing; not every failure,
/// because a receiver that is away for an hour would fill a log.
struct DeliveryRecord {
    /// What is delivered.
    enum Subject: Hashable {
        case spans, metrics
    }

    /// What is missing at the end.
    struct Missing: Hashable {
        var subject: Subject
        /// How many spans; of metrics nobody counts what is missing.
        var count: Int
        var reason: String
        /// Whether there was nobody who took it, rather than somebody who didn't want to.
        var isUnreachable = false
    }

    let subject: Subject

    /// Why spans or metrics are missing; `nil` if they aren't, or if others are delivered again.
    private(set) var reason: String?

    private var isUnreachable = false
    private var isFailing = false
    private var isEnding = false
    /// How many are lost since deliveries began to fail.
    private var lost = 0
    /// How many were left out of batches that were taken, and how many of these were told.
    private var leftOut = (count: 0, told: 0)

    init(_ subject: Subject) { self.subject = subject }

    /// A batch was delivered; gives what is to be told.
    mutating func delivered() -> String? {
        guard isFailing else { return nil }
        defer { (isFailing, lost, reason) = (false, 0, nil) }
        return switch subject {
        case .spans: "spans are delivered again; \(lost) were lost meanwhile"
        case .metrics: "metrics are delivered again"
        }
    }

    /// A batch could not be delivered; gives what is to be told.
    mutating func failed(lost count: Int, _ reason: String, isUnreachable: Bool) -> String? {
        let isFirst = !isFailing
        (isFailing, self.reason, self.isUnreachable) = (true, reason, isUnreachable)
        lost += count
        return isFirst && !isEnding ? "\(subject) are not delivered any more: \(reason)" : nil
    }

    /// A batch was taken but for some of its spans; gives what is to be told: the first loss, and each that doubles it.
    mutating func delivered(without count: Int, _ reason: String) -> String? {
        let recovery = delivered()
        leftOut.count += count
        self.reason = reason
        if let recovery {
            leftOut.told += count
            return recovery + "; of the last ones \(count) were left out: \(reason)"
        }
        guard !isEnding, leftOut.count >= 2 * leftOut.told else { return nil }
        leftOut.told = leftOut.count
        return "\(leftOut.count) spans so far were not delivered, others were: \(reason)"
    }

    /// The end begins: from now on failures are told by ``missing`` alone.
    mutating func end() { isEnding = true }

    /// What has not been delivered and not been told in full.
    var missing: Missing? {
        let count = lost + leftOut.count - leftOut.told
        guard isFailing || count > 0 else { return nil }
        return Missing(
            subject: subject,
            count: count,
            reason: reason ?? "",
            isUnreachable: isFailing && isUnreachable
        )
    }
}
