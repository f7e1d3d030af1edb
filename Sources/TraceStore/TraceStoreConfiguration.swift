// SPDX-License-Identifier: Apache-2.0

/// How a store on disk keeps spans.
public struct TraceStoreConfiguration: Sendable, Hashable {
    /// What an acknowledged span outlives.
    public enum Durability: Sendable, Hashable {
        /// The death of the process; when the machine loses power, what the system had not written by then may be lost: half
        /// a minute's, as Linux is set up.
        case process
        /// Also the loss of power: each commit waits for the disk.
        case power
    }

    /// The directory that is the store; it is made if it isn't there.
    public var directory: String

    /// What an acknowledged span outlives.
    public var durability: Durability

    /// How many spans a partition holds when it is sealed, from 1 to 1,000,000.
    ///
    /// Sealing takes about a kilobyte of memory a span.
    public var sealingCount: Int

    /// How many bytes of spans a partition holds when it is sealed, from 1.
    public var sealingSize: Int

    /// How old spans may get, by their arrival; `nil` for any age.
    public var maximumAge: Duration?

    /// How many bytes the store may have on disk, from 1; `nil` for any number.
    ///
    /// When there are more, the oldest partitions go, but for the newest one that is sealed. What is being written comes on
    /// top.
    public var maximumSize: Int?

    /// What is kept of spans that get old; `nil` for all.
    public var retention: TraceRetention?

    /// A store in a directory.
    ///
    /// - Parameters:
    ///   - directory: The directory.
    ///   - durability: What an acknowledged span outlives.
    ///   - sealingCount: How many spans a partition holds when it is sealed.
    ///   - sealingSize: How many bytes of spans it holds then.
    ///   - maximumAge: How old spans may get.
    ///   - maximumSize: How many bytes the store may have.
    ///   - retention: What is kept of spans that get old.
    public init(
        directory: String,
        durability: Durability = .process,
        sealingCount: Int = 250_000,
        sealingSize: Int = 256 << 20,
        maximumAge: Duration? = nil,
        maximumSize: Int? = nil,
        retention: TraceRetention? = nil
    ) {
        self.directory = directory
        self.durability = durability
        self.sealingCount = sealingCount
        self.sealingSize = sealingSize
        self.maximumAge = maximumAge
        self.maximumSize = maximumSize
        self.retention = retention
    }

    /// Refuses what is not possible.
    func validate() throws(StoreError) {
        func refuse(_ option: String, _ value: some Any, _ right: String) -> StoreError {
            StoreError(.invalidConfiguration, "\(option) can't be \(value): give \(right)")
        }
        if directory.isEmpty { throw refuse("directory", "\"\"", "the path of a directory") }
        if directory.utf8.contains(0) { throw refuse("directory", "a path with a zero byte", "a path without one") }
        if !(1...1_000_000).contains(sealingCount) { throw refuse("sealingCount", sealingCount, "1 to 1000000") }
        if sealingSize < 1 { throw refuse("sealingSize", sealingSize, "1 or more bytes") }
        if let maximumAge, maximumAge <= .zero { throw refuse("maximumAge", maximumAge, "more than zero") }
        if let maximumSize, maximumSize < 1 { throw refuse("maximumSize", maximumSize, "1 or more bytes") }
        try retention?.validate(maximumAge: maximumAge)
    }
}

extension TraceStoreConfiguration.Durability {
    /// As SQLite calls it.
    var synchronous: String {
        switch self {
        case .process: "NORMAL"
        case .power: "FULL"
        }
    }
}
