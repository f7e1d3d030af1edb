// SPDX-License-Identifier: Apache-2.0

/// How to reach Kafka, and how to behave there.
///
/// The same value serves producers, consumers and administration; each takes what concerns it. An option that is `nil`
/// has librdkafka's default, or what ``properties`` say.
///
/// Nothing is checked here: the `init` of what takes it does, and throws. No secret in it is ever printed.
public struct KafkaConfiguration: Sendable, Hashable {
    // MARK: Reaching the brokers

    /// Brokers to ask for the rest of the cluster, as `host:port`.
    public var brokers: [String]

    /// What the client calls itself towards the brokers.
    public var clientID: String

    /// Encryption and whom to trust; `nil` for none.
    public var tls: KafkaTLS?

    /// Who the client is; `nil` for nobody in particular.
    public var authentication: KafkaAuthentication?

    // MARK: Producing

    /// Who has to have a record before it counts as acknowledged; `nil` for ``Acknowledgements/all``.
    ///
    /// Less goes only without ``isIdempotent``.
    public var acknowledgements: Acknowledgements?

    /// How long a record may wait for others to travel with it, 0 to 900 seconds.
    public var linger: Duration = .milliseconds(5)

    /// How many bytes of records travel together at most, from 1; `nil` for 1,000,000.
    public var batchBytes: Int?

    /// How many records travel together at most, 1 to 1,000,000; `nil` for 10,000.
    public var batchRecords: Int?

    /// How many bytes of records may wait in the local queue, from 1,024; `nil` for 1 GiB.
    ///
    /// Rounded up to a whole KiB. When it is full, senders wait for room. What stood for the last 8,192 records at most is kept
    /// beside it for the next, some 4 MB.
    public var queueBytes: Int?

    /// How many records may wait in the local queue, from 1; `nil` for 100,000.
    public var queueRecords: Int?

    /// How large a record may be, 1,000 to 1,000,000,000 bytes; `nil` for 1,000,000.
    ///
    /// The broker and the topic have limits of their own.
    public var maximumRecordBytes: Int?

    /// How records are compressed; `nil` for ``Compression/none``.
    public var compression: Compression?

    /// How hard it is tried: 1 to 9 for gzip, 0 to 12 for lz4, 1 to 22 for zstd; `nil` for what is usual.
    public var compressionLevel: Int?

    /// How a record without a partition gets one; `nil` for ``Partitioner/consistentRandom``.
    public var partitioner: Partitioner?

    /// How long a record may take from the local queue to the broker's acknowledgement, retries included.
    public var deliveryTimeout: Duration = .seconds(120)

    /// Whether the broker drops what a retry of ours sent twice, and keeps the order.
    ///
    /// With `false` both may happen.
    public var isIdempotent = true

    /// What a producer of transactions is called, the same after a restart; `nil` for one without transactions.
    ///
    /// Whoever comes with the same id fences off the one before.
    public var transactionalID: String?

    /// How long a transaction may last before the brokers abort it, 1 second to 24 days; `nil` for 60 seconds.
    public var transactionTimeout: Duration?

    // MARK: Consuming

    /// What this member of a group is called, the same after a restart, so that the restart moves no partition; `nil`
    /// for a new name each time.
    public var groupInstanceID: String?

    /// Where a group that has committed nothing begins.
    ///
    /// Unlike Kafka's own default this one misses no record.
    public var autoOffsetReset: OffsetReset = .earliest

    /// How often the offsets of records that were handled are committed.
    public var commitInterval: Duration = .seconds(5)

    /// How long the group waits for a sign of life of a member, 1 millisecond to 1 hour; `nil` for 45 seconds.
    ///
    /// Brokers take 6 seconds to 30 minutes unless they are told otherwise.
    public var sessionTimeout: Duration?

    /// How often a member gives a sign of life, less than ``sessionTimeout``; `nil` for 3 seconds.
    public var heartbeatInterval: Duration?

    /// How long a member may take over its records, from ``sessionTimeout`` to 1 day; `nil` for 5 minutes.
    public var maxPollInterval: Duration?

    /// Whether records of transactions that are open or aborted are seen; `nil` for ``Isolation/readCommitted``.
    public var isolation: Isolation?

    /// How partitions are divided in the group; `nil` for `cooperativeSticky`, unlike librdkafka.
    ///
    /// All members of a group need one in common.
    public var assignmentStrategy: AssignmentStrategy?

    /// How much a broker gathers before it answers, 1 to 100,000,000 bytes; `nil` for 1.
    public var fetchMinimumBytes: Int?

    /// How long a broker gathers, up to 5 minutes; `nil` for 500 milliseconds.
    public var fetchMaximumWait: Duration?

    /// How much a broker answers at most, up to 2,147,483,135 bytes; `nil` for 50 MiB.
    public var fetchMaximumBytes: Int?

    /// How much of one partition a broker answers at most, 1 to 1,000,000,000 bytes; `nil` for 1 MiB.
    public var fetchPartitionBytes: Int?

    /// How much of each partition waits here for its handler at most, 1 to 2,097,151 KiB; `nil` for 65,536.
    ///
    /// Once handlers are slower than brokers, a consumer needs so much for each of its partitions, and an answer of each
    /// broker: of a hundred partitions 6.4 GiB. A quarter of it is enough for all but the quickest handlers; with librdkafka
    /// before 2.2 these then wait for brokers now and then.
    public var fetchQueueKilobytes: Int?

    // MARK: The rest

    /// How long a shutdown lets records be acknowledged and handlers finish, 0 or more.
    ///
    /// Handlers whose partitions go to another member get no longer than the group waits: ``maxPollInterval`` less what it
    /// takes beside them, 9 seconds unless other intervals are set.
    public var drain: Duration = .seconds(30)

    /// How often ``KafkaStatistics`` are gathered, 1 millisecond to 1 day; `nil` for never.
    public var statisticsInterval: Duration?

    /// What gets the statistics, beside the instruments of traced clients.
    public var statisticsHandler: KafkaStatisticsHandler?

    /// Any other property of librdkafka by its name, such as `socket.keepalive.enable`.
    ///
    /// What has an option may be set here instead, but not both to different values. What concerns only clients of
    /// another kind is ignored.
    public var properties: [String: String] = [:]

    /// What a traced client does with its statistics: those of one client, whose totals it remembers.
    package var statisticsRecorder: KafkaStatisticsHandler?

    /// The brokers, and defaults for the rest.
    public init(brokers: [String], clientID: String = "stitch", properties: [String: String] = [:]) {
        self.brokers = brokers
        self.clientID = clientID
        self.properties = properties
    }
}
