// SPDX-License-Identifier: Apache-2.0

import ChaosJobs

extension JobHistoryCheck {
    /// No ordinary claim got a job while one of a higher priority in its queue, committed before the claim began, was
    /// ready.
    ///
    /// Looked at are first tickets, for which those who enqueued know when they were committed, and claims of one kind
    /// among each other: jobs that are claimed alone have an order of their own.
    mutating func checkPriorities() {
        let ordinary = history.claims.filter { $0.mode == .ordinary && $0.count > 0 && $0.began != nil }
            .sorted { $0.no < $1.no }
        for (queue, claims) in Dictionary(grouping: ordinary, by: \.queue).sorted(by: { $0.key < $1.key }) {
            for priority in 0..<3 {
                checkPriority(priority, queue, passedOverBy: claims.filter { $0.priority > priority })
            }
        }
    }

    private mutating func checkPriority(_ priority: Int, _ queue: Int, passedOverBy claims: [JobHistory.Claim]) {
        // A claim looks into the lanes in their order, each under its lock, and draws its numbers meanwhile: one with a
        // lower number than the job's own, that began when the job was there, saw it and passed it over.
        var latest: [JobHistory.Claim] = []
        for claim in claims {
            let newest = latest.last
            latest.append(newest.flatMap { $0.began ?? 0 > claim.began ?? 0 ? $0 : nil } ?? claim)
        }
        for plan in history.enqueued where plan.priority == priority && plan.delay == 0 {
            guard case .committed(let time) = plan.fate, let first = tickets[plan.job.number]?.first,
                first.queue == queue, !first.isSolo, let claimed = first.claims.first?.claim
            else { continue }
            var (low, high) = (0, claims.count)
            while low < high {
                let middle = (low + high) / 2
                if claims[middle].no < claimed { low = middle + 1 } else { high = middle }
            }
            guard low > 0, let began = latest[low - 1].began else { continue }
            countCompared()
            guard began > time + Self.clockReading else { continue }
            add(
                .passedOver,
                plan.job.number,
                "committed at \(time), claimed in receipt \(claimed); receipt \(latest[low - 1].no) of priority "
                    + "\(latest[low - 1].priority) began at \(began)"
            )
        }
    }

    /// A key belongs to one job until that has ended.
    ///
    /// Told from outside: a job that was known to be there before another of its key was sent, and was begun first
    /// after that was known to be there, had not ended in between.
    mutating func checkKeys() {
        for (key, plans) in Dictionary(grouping: history.enqueued.filter { $0.key != nil }, by: \.key) {
            let known = plans.compactMap { plan -> (by: Double, plan: JobHistory.Enqueued)? in
                if case .committed(let time) = plan.fate { (time, plan) } else { nil }
            }.sorted { $0.by < $1.by }
            for (first, second) in zip(known, known.dropFirst()) where first.by < second.plan.sent {
                let number = first.plan.job.number
                guard let began = events[number]?.first?.time, began > second.by else { continue }
                add(.twoOfAKey, number, "key \(key ?? ""), and job \(second.plan.job.number) was there before it began")
            }
        }
    }

    /// Two clocks are read one after the other.
    private static let clockReading = 0.001
}
