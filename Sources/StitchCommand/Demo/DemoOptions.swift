// SPDX-License-Identifier: Apache-2.0

/// What `stitch demo` is told.
struct DemoOptions {
    var ordersFile: String?
    var count: Int?
    var otlpFile: String?
    var store: String?
    var kafka: String?
    var postgres: String?
    var isJSON = false

    /// How many orders a demo takes: all their spans are read back at the end.
    static let largestCount = 100_000

    static let description = CommandDescription(
        name: "demo",
        summary: "run three services over Kafka and Postgres and show one order's flow",
        text: """
            Runs three services, each a process of its own, over Kafka and Postgres: `storefront` takes orders and
            publishes them, `billing` writes them down, enqueues two jobs each and publishes payments, `notifier` works
            the jobs, one of which fails once and one of which is delayed. Then it shows what one order caused, over all
            of them.

            Without --kafka it starts an in-process Kafka, without --postgres a temporary Postgres; nothing of them is
            left behind.
            """,
        options: [
            OptionDescription(
                "orders",
                "FILE",
                "orders to take, a JSON object a line: id, customer, items, total",
                value: .file
            ),
            OptionDescription(
                "count",
                "N",
                "how many orders, from 1 to \(largestCount); more than the file has are made from it"
            ),
            OptionDescription(
                "otlp",
                "FILE",
                "write the spans of all services there, as OTLP JSON lines",
                value: .file
            ),
            OptionDescription("store", "DIR", "keep the flows in this store, to show them again", value: .folder),
            OptionDescription("json", nil, "print the flow as JSON, for programs"),
            OptionDescription("kafka", "HOST:PORT", "use this Kafka"),
            OptionDescription(
                "postgres",
                "URL",
                "use this Postgres; a schema of its own is made there, and dropped at the end"
            ),
        ]
    )

    /// Reads the options.
    init(_ arguments: ParsedArguments) throws(CommandError) {
        ordersFile = arguments["orders"]
        otlpFile = arguments["otlp"]
        store = arguments["store"]
        kafka = arguments["kafka"]
        postgres = arguments["postgres"]
        isJSON = arguments.has("json")
        count = try arguments.number("count", in: 1...Self.largestCount)
    }
}
