// SPDX-License-Identifier: Apache-2.0

import ChaosJobs
import TelemetryData
import TraceFlow

/// The spans of a run beside its history: whether what is missing is explained, and what is there twice.
struct SpanHistory: Sendable {
    private(set) var violations: [String] = []
    /// Lost attempts that have their span from whoever rescued them.
    private(set) var told = 0
    /// Lost attempts whose span went with the rescuer.
    private(set) var lostWithRescuer = 0
    /// Attempts of workers that were given up and lived on, and didn't hear whether the ends that they said counted: they have
    /// told of them too.
    private(set) var toldTwice = 0
    /// Ends of links that were lost with a worker.
    private(set) var lostWithWorker = 0
    /// Attempts at jobs whose sender's span has no id, since the answer was lost.
    private(set) var toldByOthers = 0
    /// Spans in attempts that were lost, or next after them, whose rescuers were lost before they told of them.
    private(set) var withoutAttempt = 0
    private(set) var spans = 0
    /// How far apart the clocks were by which the spans were timed, in seconds, and more.
    private(set) var clockError = 0.0

    /// What was found, in a line.
    var summary: String {
        """
        chaos: \(spans) spans; lost attempts told by their rescuers \(told), lost with those too \(lostWithRescuer), \
        told by both \(toldTwice); spans lost with a worker \(lostWithWorker), without their sender's answer \
        \(toldByOthers), without their attempt's \(withoutAttempt), unexplained \(violations.count); clocks wrong by up to \(Int(clockError / 3600)) h
        """
    }

    /// Looks through the spans of all processes.
    ///
    /// - Parameters:
    ///   - spans: The spans.
    ///   - history: What happened.
    ///   - lost: The names of the workers that were killed.
    init(_ spans: [SpanData], of history: JobHistory, lost: Set<String>) {
        self.spans = spans.count
        let times = spans.map { Double($0.start.nanoseconds) / 1e9 }
        clockError = (times.max() ?? 0) - (times.min() ?? 0)
        let attempts = Dictionary(grouping: spans.filter { $0.name.hasPrefix("process ") }, by: \.reference)
        checkRescues(attempts, history, lost)
        checkDuplicates(attempts, history)
        checkLinks(spans, history, lost)
    }

    /// Each rescue that was told by somebody who lived has its span.
    private mutating func checkRescues(
        _ attempts: [SpanReference: [SpanData]],
        _ history: JobHistory,
        _ lost: Set<String>
    ) {
        var tellers: [Int64: [String]] = [:]
        for event in history.events {
            if case .rescued(let job) = event.event { tellers[job, default: []].append(event.member) }
        }
        for (job, notes) in Dictionary(grouping: history.notes.filter { $0.outcome == 2 }, by: \.job) {
            let there = notes.count { note in
                note.span.flatMap { attempts[$0] }?.contains { $0.isOfLostWorker } == true
            }
            told += there
            lostWithRescuer += notes.count - there
            let alive = (tellers[job] ?? []).count { !lost.contains($0) }
            if there < alive {
                violations.append(
                    "job \(job) was rescued \(alive) times by workers that live, and has \(there) spans of it"
                )
            }
        }
    }

    /// No span is there twice but that of an attempt that was taken from a worker that was alive after all.
    private mutating func checkDuplicates(_ attempts: [SpanReference: [SpanData]], _ history: JobHistory) {
        let lost = Set(history.notes.filter { $0.outcome == 2 }.compactMap(\.span))
        for (reference, spans) in attempts where spans.count > 1 {
            if spans.count == 2, spans.count(where: \.isOfLostWorker) == 1, lost.contains(reference) {
                toldTwice += 1
            } else {
                violations.append("\(spans.count) spans have the ids \(reference): \(spans.map(\.name))")
            }
        }
    }

    /// What lint finds is explained by a sender that never heard an answer, or by a lost attempt whose rescuer was lost too:
    /// then nobody tells of it, and where its worker was alive after all, what that did in it has no parent, and the next
    /// attempt's link no end.
    private mutating func checkLinks(_ spans: [SpanData], _ history: JobHistory, _ lost: Set<String>) {
        var lint = FlowLint()
        lint.horizon.lostWorkers = lost
        // Some clocks are wrong by a day.
        lint.limits.skew = .seconds(2 * 86_400)
        let report = lint.report(on: spans)
        let untold = Set(Self.untoldJobs(history))
        let lostAttempts = Set(history.notes.filter { $0.outcome == 2 }.compactMap(\.span))
        let untoldAttempts = lostAttempts.subtracting(spans.map(\.reference))
        let ofLostAttempts = Set(
            spans.filter { span in
                guard let id = span.parentSpanID else { return false }
                return untoldAttempts.contains(SpanReference(traceID: span.traceID, spanID: id))
            }.map(\.reference)
        )
        let afterLostAttempts = Set(
            spans.filter { $0.previousAttempt.map(untoldAttempts.contains) == true }.map(\.reference)
        )
        let messages = Dictionary(
            spans.map { ($0.reference, $0.attributes[MessagingConventions.Attribute.messageID]?.stringValue) }
        ) { first, _ in first }
        for finding in report.findings {
            let jobs = finding.spans.map { messages[$0].flatMap { $0 } ?? "" }
            if finding.code == .changedContext, untold.isSuperset(of: jobs) {
                toldByOthers += finding.count
                continue
            }
            let explained = finding.code == .orphan ? ofLostAttempts : afterLostAttempts
            // A finding names ten spans at most.
            if finding.code == .orphan || finding.code == .danglingLink, explained.isSuperset(of: finding.spans),
                finding.count <= explained.count
            {
                withoutAttempt += finding.count
                continue
            }
            violations.append("\(finding.code) at \(finding.count) spans: \(finding.description)")
        }
        lostWithWorker = report.explainedEnds[.lostWithWorker] ?? 0
    }
}

extension SpanHistory {
    /// Jobs with a key whose senders never heard their ids: who sent another of the key later did, and is taken for the
    /// sender.
    private static func untoldJobs(_ history: JobHistory) -> [String] {
        let numbers = Set(history.enqueued.filter { $0.key != nil && $0.fate == .unknown }.map(\.job.number))
        return history.tickets.filter { numbers.contains($0.number) }.map { String($0.job) }
    }
}

extension SpanData {
    /// Whether it was told by somebody else, of a worker that gave no sign of life.
    fileprivate var isOfLostWorker: Bool {
        attributes[MessagingConventions.Attribute.errorType]?.stringValue == "worker_lost"
    }

    /// The attempt before this one, if it is one.
    fileprivate var previousAttempt: SpanReference? {
        guard let context = links.first(where: { $0.role == .previousAttempt })?.context else { return nil }
        return SpanReference(traceID: context.traceID, spanID: context.spanID)
    }
}
