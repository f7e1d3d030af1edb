// SPDX-License-Identifier: Apache-2.0

/// Pairs of a hash and a number, in order, in pages of which each has a checksum; each with a code where the table has them.
///
/// The directory of the pages is held in memory; a page is read when it is needed.
struct PostingTable {
    /// A page of pairs.
    struct Page {
        /// The first key in it.
        var key: UInt32
        /// Where it is, from the beginning of the table.
        var offset: UInt32
        var length: UInt32
        var checksum: UInt32
    }

    /// Pairs on a page.
    private static let pageCount = 512

    private(set) var pages: [Page]

    /// Writes pairs, which must be in the order of their keys, and gives the directory.
    static func write(_ pairs: [UInt64], codes: [UInt64]? = nil, to bytes: inout [UInt8]) -> PostingTable {
        var pages: [Page] = []
        let start = bytes.count
        for first in stride(from: 0, to: pairs.count, by: pageCount) {
            let begin = bytes.count
            var (key, value): (UInt32, UInt32) = (UInt32(truncatingIfNeeded: pairs[first] >> 32), 0)
            let firstKey = key
            for place in first..<min(first + pageCount, pairs.count) {
                let pair = pairs[place]
                let (nextKey, nextValue) = (UInt32(truncatingIfNeeded: pair >> 32), UInt32(truncatingIfNeeded: pair))
                bytes.append(varint: UInt64(nextKey &- key))
                bytes.append(varint: UInt64(nextKey == key ? nextValue &- value : nextValue))
                if let codes { bytes.append(varint: codes[place]) }
                (key, value) = (nextKey, nextValue)
            }
            pages.append(
                Page(
                    key: firstKey,
                    offset: UInt32(truncatingIfNeeded: begin - start),
                    length: UInt32(truncatingIfNeeded: bytes.count - begin),
                    checksum: Zlib.checksum(bytes[begin...])
                )
            )
        }
        return PostingTable(pages: pages, hasCodes: codes != nil)
    }

    /// Whether each pair has a code.
    let hasCodes: Bool

    /// Without pairs.
    init() { (pages, hasCodes) = ([], false) }

    private init(pages: [Page], hasCodes: Bool) { (self.pages, self.hasCodes) = (pages, hasCodes) }

    /// The numbers of a key, in order, each with its code, 0 if there are none.
    ///
    /// - Parameters:
    ///   - key: The key.
    ///   - read: Reads bytes of the table.
    /// - Returns: The numbers.
    /// - Throws: What reading throws, and ``DamagedBytes``.
    func values(of key: UInt32, read: (Int, Int) throws -> [UInt8]) throws -> [(value: UInt32, code: UInt64)] {
        var (low, high) = (0, pages.count)
        // The first page that begins with the key or what comes after it; the key may begin on the page before.
        while low < high {
            let middle = (low + high) / 2
            if pages[middle].key < key { low = middle + 1 } else { high = middle }
        }
        var found: [(value: UInt32, code: UInt64)] = []
        var index = max(0, low - 1)
        while index < pages.count, pages[index].key <= key {
            try forEach(on: pages[index], read: read) { if $0 == key { found.append(($1, $2)) } }
            index += 1
        }
        return found
    }

    /// Goes through all pairs.
    func forEach(read: (Int, Int) throws -> [UInt8], _ body: (UInt32, UInt32, UInt64) -> Void) throws {
        for page in pages { try forEach(on: page, read: read, body) }
    }

    private func forEach(
        on page: Page,
        read: (Int, Int) throws -> [UInt8],
        _ body: (UInt32, UInt32, UInt64) -> Void
    ) throws {
        let bytes = try read(Int(page.offset), Int(page.length))
        try bytes.withUnsafeBytes { bytes in
            guard Zlib.checksum(bytes) == page.checksum else { throw DamagedBytes() }
            var reader = ByteReader(bytes)
            var (key, value) = (page.key, UInt32(0))
            while reader.remainingCount > 0 {
                let step = UInt32(truncatingIfNeeded: try reader.varint())
                let number = UInt32(truncatingIfNeeded: try reader.varint())
                value = step == 0 ? value &+ number : number
                key = key &+ step
                body(key, value, hasCodes ? try reader.varint() : 0)
            }
        }
    }

    /// The directory, as it is in a file.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(varint: UInt64(pages.count))
        for page in pages {
            for number in [page.key, page.offset, page.length, page.checksum] { bytes.append(number: number) }
        }
        return bytes
    }

    /// A directory from a file.
    init(_ reader: inout ByteReader, hasCodes: Bool = false) throws(DamagedBytes) {
        self.hasCodes = hasCodes
        let count = try reader.count()
        guard count <= reader.remainingCount / 16 else { throw DamagedBytes() }
        pages = []
        pages.reserveCapacity(count)
        for _ in 0..<count {
            pages.append(
                Page(
                    key: try reader.number(),
                    offset: try reader.number(),
                    length: try reader.number(),
                    checksum: try reader.number()
                )
            )
        }
    }
}
