// SPDX-License-Identifier: Apache-2.0

#if !DistributedTracingSupport

package import TelemetryAPI
import TelemetryData

/// A place in a task where one message after the other is worked on, each in a span that is current meanwhile.
///
/// What ``ProcessSpan`` comes to for each message, with one object for all of them and made current once: as long as nobody
/// has kept what was current during the work on one, such as a task that outlives it, the next has it.
///
/// Belongs to one task, in which nothing but the work is done from ``begin(_:from:policy:key:)`` until ``leave()``.
package struct WorkPlace: ~Copyable {
    // What is current outside.
    private let active: ActiveContext?

    // Of the binding in the task, and of nobody else here; `nil` where nothing is bound.
    private var work: Unmanaged<WorkSpan>?
    private var measurement: OperationMeasurement?

    /// A place in the task that calls.
    package init() { active = ActiveContext.current }

    deinit {
        if work != nil { ActiveContext.leave() }
    }

    /// Starts to work on a message, and makes its span current.
    ///
    /// - Parameters:
    ///   - message: What is known of the message.
    ///   - target: Where it comes from.
    ///   - policy: Whether the span continues the trace that created the message.
    ///   - key: The message's key. The bytes stay where they are until the span has ended.
    /// - Returns: `false`, with nothing current, where the message or the tracer wants more than that; see ``ProcessSpan``.
    package mutating func begin(
        _ message: ProcessSpan.PlainMessage,
        from target: MessageTarget,
        policy: ContinuationPolicy,
        key: UnsafeRawBufferPointer?
    ) -> Bool {
        guard message.mayBePlain(from: target, policy, in: active) else {
            leave()
            return false
        }
        // Bound at once, so that the binding alone has it.
        let work = work ?? WorkSpan.enterNew()
        self.work = work
        let hasBegun = work._withUnsafeGuaranteedRef { work in
            guard message.begin(work, from: target, key: key, in: active) else { return false }
            if TelemetrySystem.isMeasuring(in: active) {
                measurement = message.startMeasuring(from: target, in: work.context, active)
            }
            return true
        }
        guard hasBegun else {
            leave()
            return false
        }
        return true
    }

    /// The work has ended.
    package mutating func end() {
        guard let work else { return }
        work._withUnsafeGuaranteedRef { work in
            if let measurement { measurement.end(in: work.context) }
            work.end(at: nil)
        }
        measurement = nil
        if !isAlone(work) { leave() }
    }

    /// The work has failed.
    ///
    /// - Parameters:
    ///   - error: Why.
    ///   - outcome: What that means for the span.
    package mutating func end(with error: any Error, as outcome: ProcessOutcome) {
        guard let work, case .failed(let type) = outcome else { return end() }
        work._withUnsafeGuaranteedRef { work in
            measurement?.end(in: work.context, errorType: type ?? ErrorType.name(of: error))
            work.ownSpan?.recordError(error, type: type)
            work.end(at: nil)
        }
        measurement = nil
        leave()
    }

    /// Nothing is current any more but what is outside.
    package mutating func leave() {
        guard work != nil else { return }
        work = nil
        ActiveContext.leave()
    }

    /// Whether nobody but the binding has what was current.
    private func isAlone(_ work: Unmanaged<WorkSpan>) -> Bool {
        var work = work
        // The same word, looked at as a reference that is counted, and not counted.
        return withUnsafeMutablePointer(to: &work) { pointer in
            pointer.withMemoryRebound(to: WorkSpan.self, capacity: 1) { isKnownUniquelyReferenced(&$0.pointee) }
        }
    }
}

#endif
