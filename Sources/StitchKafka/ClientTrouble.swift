// SPDX-License-Identifier: Apache-2.0

/// What a client has met and not got over yet, as its health tells it.
///
/// Pure. Whoever delivers or handles something is over it. Where nothing is to be done nobody notices that a broker is back,
/// but librdkafka tells every half minute that it still can't reach one: what it hasn't told for a minute is over too.
struct ClientTrouble {
    /// For how long librdkafka's word counts.
    static let memory = Duration.seconds(60)
    /// For how long no more than that no broker can be reached doesn't count: librdkafka may tell the reason after it.
    static let patience = Duration.seconds(1)

    private var message: String?
    /// Whether it is no more than that no broker can be reached.
    private var isOfAll = false
    /// When it begins to count, if not at once, and until when it does, if it isn't told again.
    private var begin: ContinuousClock.Instant?
    private var end: ContinuousClock.Instant?

    /// Something went wrong.
    ///
    /// - Parameters:
    ///   - error: What.
    ///   - now: When.
    mutating func met(_ error: KafkaError, at now: ContinuousClock.Instant = .now) {
        let ofAll = error.errorType == "_ALL_BROKERS_DOWN"
        if ofAll, !isOfAll, end != nil, blocker(at: now) != nil {
            // Comes after what it is for, such as a wrong password, and says less.
            end = now + Self.memory
            return
        }
        if !ofAll { begin = nil } else if message == nil { begin = now + Self.patience }
        message = error.message
        isOfAll = ofAll
        // What else there is, such as a topic that isn't there, is told once.
        end = Self.isOfConnections(error.errorType) ? now + Self.memory : nil
    }

    /// All is well again.
    mutating func isOver() { self = ClientTrouble() }

    /// A broker has answered.
    mutating func hasBroker() {
        if end != nil { isOver() }
    }

    /// What keeps the client from its work; `nil` where nothing does.
    func blocker(at now: ContinuousClock.Instant = .now) -> String? {
        if let begin, now < begin { return nil }
        return end.map { now < $0 } ?? true ? message : nil
    }

    private static func isOfConnections(_ name: String) -> Bool {
        ["_TRANSPORT", "_ALL_BROKERS_DOWN", "_RESOLVE", "_SSL", "_AUTHENTICATION", "_TIMED_OUT"].contains(name)
    }
}
