// SPDX-License-Identifier: Apache-2.0

import Foundation
import KafkaTesting
import PostgresTesting
import TracedJobs
import TracedKafka

/// The Kafka and the Postgres of a demo: its own, or those that it was given.
///
/// Knows what to leave behind: nothing.
struct DemoServers: Sendable {
    let brokers: String
    let postgresURL: String
    let topics: DemoTopics
    let jobsSchema: String
    let shopSchema: String

    private let ownKafka: MockKafkaCluster?
    private let ownPostgres: TemporaryPostgres?

    /// How many partitions a topic has: as many as Kafka's records are worked on side by side.
    private static let partitions = 4

    /// Starts what is to be started, and prepares topics and tables.
    static func start(_ options: DemoOptions, run: String) async throws -> DemoServers {
        let ownKafka = options.kafka == nil ? try MockKafkaCluster() : nil
        do {
            let ownPostgres = options.postgres == nil ? try await TemporaryPostgres() : nil
            let servers = DemoServers(options, run: run, ownKafka: ownKafka, ownPostgres: ownPostgres)
            do {
                try await servers.prepare()
            } catch {
                await ownPostgres?.stop()
                throw error
            }
            return servers
        } catch {
            await ownKafka?.shutdown()
            throw error
        }
    }

    private init(
        _ options: DemoOptions,
        run: String,
        ownKafka: MockKafkaCluster?,
        ownPostgres: TemporaryPostgres?
    ) {
        self.ownKafka = ownKafka
        self.ownPostgres = ownPostgres
        brokers = options.kafka ?? ownKafka?.bootstrapServers ?? ""
        postgresURL = options.postgres ?? ownPostgres?.url ?? ""
        topics = DemoTopics(prefix: ownKafka == nil ? "stitch-demo-\(run)." : "")
        jobsSchema = ownPostgres == nil ? "stitch_demo_\(run)_jobs" : "stitch"
        shopSchema = ownPostgres == nil ? "stitch_demo_\(run)_shop" : "shop"
    }

    private var kafka: KafkaConfiguration {
        KafkaConfiguration(brokers: brokers.split(separator: ",").map(String.init))
    }

    /// Prepares what the services need, and takes away again what it made when that fails.
    private func prepare() async throws {
        do {
            try await prepareKafka()
        } catch {
            throw CommandError.failure("can't prepare topics in the Kafka at \(brokers), is it running? \(error)")
        }
        do {
            try await prepareDatabase()
        } catch {
            await removeTopics()
            throw CommandError.failure("can't prepare tables in Postgres: \(error)")
        }
    }

    private func prepareDatabase() async throws {
        try await withDatabase { database in
            try await JobQueue(database, schema: jobsSchema).migrate()
            try await database.execute("CREATE SCHEMA \(shopSchema)")
            try await database.execute(
                """
                CREATE TABLE \(shopSchema).orders (
                    id bigint PRIMARY KEY, customer text NOT NULL, items bigint NOT NULL, total double precision NOT NULL
                )
                """
            )
        }
    }

    private func prepareKafka() async throws {
        if let ownKafka {
            for topic in topics.all { try await ownKafka.createTopic(topic, partitions: Self.partitions) }
        } else {
            let admin = try KafkaAdmin(kafka)
            for topic in topics.all { try await admin.createTopic(topic, partitions: Self.partitions) }
        }
    }

    /// Stops what was started and removes what was made in what was given.
    func stop() async {
        await removeTopics()
        if ownPostgres == nil {
            try? await withDatabase { database in
                for schema in [jobsSchema, shopSchema] {
                    try await database.execute("DROP SCHEMA IF EXISTS \(schema) CASCADE")
                }
            }
        }
        await ownKafka?.shutdown()
        await ownPostgres?.stop()
    }

    private func removeTopics() async {
        if ownKafka == nil { try? await KafkaAdmin(kafka).deleteTopics(topics.all) }
    }

    private func withDatabase(_ body: (PostgresPool) async throws -> Void) async throws {
        let database = try PostgresPool(postgresURL)
        do {
            try await body(database)
        } catch {
            await database.shutdown()
            throw error
        }
        await database.shutdown()
    }
}

/// The names of a demo's topics; in a Kafka that isn't the demo's own they are for one run.
struct DemoTopics: Sendable {
    let orders: String
    let payments: String

    init(prefix: String) {
        orders = prefix + "orders"
        payments = prefix + "payments"
    }

    var all: [String] { [orders, payments] }
}
