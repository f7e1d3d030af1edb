// SPDX-License-Identifier: Apache-2.0

/// What a client has counted and measured so far, as librdkafka gathers it every
/// ``KafkaConfiguration/statisticsInterval``.
///
/// Totals are since the client was made. What librdkafka doesn't say is 0, or `nil` where that differs from 0.
public struct KafkaStatistics: Sendable, Hashable {
    /// What librdkafka calls the client, such as `billing#producer-1`.
    public var name = ""
    /// What the client calls itself.
    public var clientID = ""
    /// Whether it produces.
    public var isProducer = false
    /// How long the client has been there.
    public var age = Duration.zero

    /// Records in the local queue of a producer, those in flight included.
    public var queuedRecords = 0
    /// Bytes of the records in the local queue.
    public var queuedBytes = 0
    /// Operations that wait for the client's thread to take them.
    public var waitingOperations = 0

    /// Requests sent to brokers.
    public var requests = 0
    /// Bytes sent to brokers.
    public var sentBytes = 0
    /// Responses from brokers.
    public var responses = 0
    /// Bytes from brokers.
    public var receivedBytes = 0
    /// Records sent to brokers.
    public var sentRecords = 0
    /// Records from brokers.
    public var receivedRecords = 0

    /// Brokers, by their names; at most 1,000.
    public var brokers: [Broker] = []
    /// Partitions, by topic and number; at most 10,000.
    public var partitions: [Partition] = []
    /// The consumer group; `nil` for a producer.
    public var group: Group?

    /// Nothing counted yet.
    public init() {}

    /// What is known of a broker.
    public struct Broker: Sendable, Hashable {
        /// `host:port/number`.
        public var name = ""
        /// The broker's number; -1 for an address that nobody has answered for yet.
        public var id = -1
        /// What the connection does, such as `UP`, `DOWN`, `CONNECT` or `AUTH_REQ`.
        public var state = ""
        /// Requests that wait to be sent.
        public var waitingRequests = 0
        /// Requests that were sent and not yet answered.
        public var openRequests = 0
        /// Requests sent.
        public var requests = 0
        /// Bytes sent.
        public var sentBytes = 0
        /// Requests that could not be sent.
        public var sendErrors = 0
        /// Requests sent again.
        public var retries = 0
        /// Requests that got no answer in time.
        public var timeouts = 0
        /// Responses.
        public var responses = 0
        /// Bytes received.
        public var receivedBytes = 0
        /// Responses that could not be read.
        public var receiveErrors = 0
        /// Attempts to connect.
        public var connects = 0
        /// Connections that ended.
        public var disconnects = 0
        /// How long the broker took to answer, of late.
        public var roundTrip: Window?
        /// How long records waited in the local queue, of late.
        public var queueTime: Window?
        /// How long requests waited to be sent, of late.
        public var sendTime: Window?
        /// How long the broker made us wait, of late.
        public var throttle: Window?

        /// Nothing counted yet.
        public init() {}
    }

    /// What is known of a partition.
    public struct Partition: Sendable, Hashable {
        /// The topic.
        public var topic = ""
        /// The partition's number.
        public var partition: Int32 = 0
        /// The broker that leads it; -1 for nobody.
        public var leader = -1
        /// Records that wait to be sent there.
        public var queuedRecords = 0
        /// Records that were fetched and wait for the handler.
        public var fetchedRecords = 0
        /// How many records the group has not committed; `nil` when that isn't known.
        public var lag: Int?
        /// The offset after the last that the group has committed; `nil` when that isn't known.
        public var committedOffset: Int64?
        /// The offset after the partition's last record; `nil` when that isn't known.
        public var endOffset: Int64?
        /// The offset that is fetched next, behind what no consumer sees too; `nil` when that isn't known.
        public var nextOffset: Int64?
        /// Records sent.
        public var sentRecords = 0
        /// Records received.
        public var receivedRecords = 0

        /// Nothing counted yet.
        public init() {}
    }

    /// What is known of a consumer group.
    public struct Group: Sendable, Hashable {
        /// What the client does, such as `up` or `wait-coord`.
        public var state = ""
        /// What joining has come to, such as `steady`.
        public var joinState = ""
        /// How often partitions were divided anew.
        public var rebalances = 0
        /// How long ago that was.
        public var rebalanceAge = Duration.zero
        /// Why.
        public var rebalanceReason = ""
        /// How many partitions this member has.
        public var assignedPartitions = 0

        /// Nothing counted yet.
        public init() {}
    }

    /// Times of the last interval.
    public struct Window: Sendable, Hashable {
        /// How many there were.
        public var count = 0
        /// The shortest.
        public var minimum = Duration.zero
        /// The longest.
        public var maximum = Duration.zero
        /// The mean.
        public var average = Duration.zero
        /// Half took no longer.
        public var p50 = Duration.zero
        /// 95 in a hundred took no longer.
        public var p95 = Duration.zero
        /// 99 in a hundred took no longer.
        public var p99 = Duration.zero

        /// Nothing counted yet.
        public init() {}
    }
}
