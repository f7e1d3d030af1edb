// SPDX-License-Identifier: Apache-2.0

/// A wrong argument, in a sentence for whoever typed it.
struct UsageError: Error, CustomStringConvertible {
    var description: String
}

/// What the command line says.
struct ServiceOptions {
    /// Who makes the calls.
    enum Way: String, CaseIterable { case http, kafka, job }

    static let help = """
        USAGE: TraceContextService [--port N] [--via http|kafka|job] [--brokers LIST] [--postgres URL]

        Takes [{"url": "http://…", "arguments": […]}] by POST on /test, sends the arguments of each by POST to its url,
        and answers when all have answered.

          --port N         the port on 127.0.0.1; 0 takes a free one (8080)
          --via WAY        http makes the calls at once, kafka in a consumer, job in a worker (http)
          --brokers LIST   host:port of Kafka's brokers, with commas; without, a Kafka inside this process
          --postgres URL   the database of the jobs; without, a temporary Postgres
        """

    var port = 8080
    var way = Way.http
    var brokers: [String]?
    var postgres: String?
    var isHelp = false

    init(_ arguments: ArraySlice<String>) throws(UsageError) {
        var rest = arguments
        while let argument = rest.popFirst() {
            if argument == "--help" {
                isHelp = true
                return
            }
            let isKnown = ["--port", "--via", "--brokers", "--postgres"].contains(argument)
            guard isKnown else { throw UsageError(description: "there is no option '\(argument)'; see --help") }
            guard let value = rest.popFirst(), !value.isEmpty else {
                throw UsageError(description: "\(argument) needs a value; see --help")
            }
            try set(argument, value)
        }
        if brokers != nil, way != .kafka { throw UsageError(description: "--brokers needs --via kafka") }
        if postgres != nil, way != .job { throw UsageError(description: "--postgres needs --via job") }
    }

    private mutating func set(_ option: String, _ value: String) throws(UsageError) {
        switch option {
        case "--port":
            guard let number = Int(value), (0...65535).contains(number) else {
                throw UsageError(description: "--port is '\(value)'; it has to be a number from 0 to 65535")
            }
            port = number
        case "--via":
            guard let way = Way(rawValue: value) else {
                throw UsageError(description: "--via is '\(value)'; it has to be http, kafka or job")
            }
            self.way = way
        case "--brokers": brokers = value.split(separator: ",").map(String.init)
        default: postgres = value
        }
    }
}
