// SPDX-License-Identifier: Apache-2.0

/// Bytes that never change and stay where they are: a record's value that is sent without being copied.
///
/// The producer keeps them until the broker has answered. One buffer may be the value of any number of records, and may
/// be shared by all tasks.
///
/// ```swift
/// let buffer = KafkaBuffer(unsafeUninitializedCapacity: 1024) { bytes in encode(order, into: bytes) }
/// try await producer.enqueue(KafkaRecord(topic: "orders", key: "7", value: buffer))
/// ```
public struct KafkaBuffer: Sendable {
    /// Owns the bytes; its header is how many of them are in use.
    final class Storage: ManagedBuffer<Int, UInt8> {}

    // Nothing in it changes once it is filled.
    nonisolated(unsafe) let storage: Storage

    /// A buffer that is filled in place.
    ///
    /// - Parameters:
    ///   - capacity: How many bytes there is room for, 0 or more.
    ///   - initialize: Fills the bytes from the start and returns how many; more than there is room for counts as all.
    /// - Throws: What `initialize` throws.
    public init<Failure: Error>(
        unsafeUninitializedCapacity capacity: Int,
        initializingWith initialize: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        let capacity = max(capacity, 0)
        let made = Storage.create(minimumCapacity: capacity) { _ in 0 }
        storage = unsafeDowncast(made, to: Storage.self)
        // The storage outlives the pointer: it is a property by now.
        let bytes = storage.withUnsafeMutablePointerToElements { UnsafeMutableRawPointer($0) }
        let count = try initialize(UnsafeMutableRawBufferPointer(start: bytes, count: capacity))
        storage.header = min(max(count, 0), capacity)
    }

    /// A copy of bytes.
    public init(copying bytes: UnsafeRawBufferPointer) {
        self.init(unsafeUninitializedCapacity: bytes.count) { target in
            target.copyMemory(from: bytes)
            return bytes.count
        }
    }

    /// A copy of bytes.
    public init(_ bytes: some Collection<UInt8>) {
        let count = bytes.count
        self.init(unsafeUninitializedCapacity: count) { target in
            target.bindMemory(to: UInt8.self).initialize(from: bytes).index
        }
    }

    /// The text's UTF-8.
    public init(_ text: String) {
        self.init(text.utf8)
    }

    /// How many bytes there are.
    public var count: Int { storage.header }

    /// Whether there are none.
    public var isEmpty: Bool { count == 0 }

    /// Lets `body` read the bytes; the pointer must not be kept.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let start = storage.withUnsafeMutablePointerToElements { UnsafeRawPointer($0) }
        defer { withExtendedLifetime(storage) {} }
        return try body(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// A copy as an array.
    public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }
}

extension KafkaBuffer: Hashable {
    /// Whether both hold the same bytes.
    public static func == (first: Self, second: Self) -> Bool {
        first.storage === second.storage
            || first.withUnsafeBytes { first in second.withUnsafeBytes { first.elementsEqual($0) } }
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}
