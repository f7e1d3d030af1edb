// SPDX-License-Identifier: Apache-2.0

/// What `stitch demo` is told.
struct DemoOptions {
    var ordersFile: String?
    var count: Int?
    var otlpFile: String?
    var kafka: String?
    var postgres: String?
    var isJSON = false

    /// How many orders a demo takes: all their spans are read back at the end.
    static let largestCount = 100_000

    static let help = """
        USAGE: stitch demo [OPTIONS]

        Runs three services, each a process of its own, over Kafka and Postgres: `storefront` takes orders and publishes
        them, `billing` writes them down, enqueues two jobs each and publishes payments, `notifier` works the jobs, one
        of which fails once and one of which is delayed. Then it shows what one order caused, over all of them.

        Without --kafka it starts an in-process Kafka, without --postgres a temporary Postgres; nothing is left behind.

        OPTIONS
          --orders FILE      orders to take, a JSON object a line: id, customer, items, total
          --count N          how many orders, from 1 to \(largestCount); more than the file has are made from it
          --otlp FILE        write the spans of all services there, as OTLP JSON lines
          --json             print the flow as JSON, for programs
          --kafka HOST:PORT  use this Kafka
          --postgres URL     use this Postgres; a schema of its own is made there, and dropped at the end
          --help             show this text

        """

    /// Reads the options; `nil` if the help was asked for.
    static func parse(_ arguments: [String]) throws(CommandError) -> DemoOptions? {
        let parser = OptionParser(
            valued: ["orders", "count", "otlp", "kafka", "postgres"],
            flags: ["json", "help"]
        )
        let values = try parser.parse(arguments)
        guard values["help"] == nil else { return nil }
        var options = DemoOptions()
        options.ordersFile = values["orders"]
        options.otlpFile = values["otlp"]
        options.kafka = values["kafka"]
        options.postgres = values["postgres"]
        options.isJSON = values["json"] != nil
        if let text = values["count"] {
            guard let count = Int(text), (1...largestCount).contains(count) else {
                throw .usage("--count is a whole number from 1 to \(largestCount), not '\(text)'")
            }
            options.count = count
        }
        return options
    }
}
