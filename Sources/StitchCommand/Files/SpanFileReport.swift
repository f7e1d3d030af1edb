// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Counts the lines or requests of a file, and tells of the first few that are none of OTLP.
struct SpanFileReport {
    private let name: String
    private let unit: String
    private let tell: (String) -> Void
    /// How many lines or requests there were, which is the number of the last.
    private var count = 0
    private var goodCount = 0
    private var badCount = 0
    private var firstProblem = ""

    private static let mostTold = 5

    init(name: String, unit: String, tell: @escaping (String) -> Void) {
        (self.name, self.unit, self.tell) = (name, unit, tell)
    }

    /// The spans of the next line or request; `nil` if it is none of OTLP.
    mutating func spans(_ read: () throws -> [SpanData]) -> [SpanData]? {
        count += 1
        do {
            let spans = try read()
            goodCount += 1
            return spans
        } catch {
            badCount += 1
            let problem = "\(unit) \(count) of \(name) is no OTLP and left out: \(error)"
            if badCount == 1 { firstProblem = problem }
            if badCount <= Self.mostTold { tell(problem) }
            return nil
        }
    }

    /// The next line says nothing.
    mutating func skip() { count += 1 }

    /// The file ends too early.
    mutating func miss() {
        badCount += 1
        let place = count > 0 ? "; what stood behind \(unit) \(count) is left out" : ""
        let problem = "the end of \(name) is missing\(place)"
        if badCount == 1 { firstProblem = problem }
        tell(problem)
    }

    /// How many lines or requests were left out.
    ///
    /// - Throws: An error if these are all that there were.
    func end() throws(CommandError) -> Int {
        guard badCount == 0 || goodCount > 0 else { throw .failure("there are no spans in \(name): \(firstProblem)") }
        if badCount > Self.mostTold { tell("\(badCount - Self.mostTold) more like this in \(name)") }
        return badCount
    }
}
