// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Makes a sealed file of an open one, beside the store's thread.
struct Sealer: Sendable {
    let directory: StoreDirectory
    let number: Int64
    let durability: TraceStoreConfiguration.Durability
    let sources: [SpanSourceKey]
    /// The spans, in the order in which they are in the file.
    let places: [OpenIndex.Place]

    /// The open file can't be read, or is not what its index says.
    struct DamagedOpenFile: Error {}

    /// Writes the file.
    ///
    /// - Throws: ``DamagedOpenFile``; whatever else is thrown says nothing against the open file.
    func seal() throws {
        var writer = SealWriter()
        do {
            try read(into: &writer)
        } catch let error as StoreError where error.code != .damaged {
            throw error
        } catch {
            throw DamagedOpenFile()
        }
        try directory.write(writer.finish(), to: StoreDirectory.sealedName(number, generation: 0))
    }

    private func read(into writer: inout SealWriter) throws {
        let name = StoreDirectory.openName(number)
        let file = try OpenFile(directory.path(name), .reading, durability: durability)
        let numbers = sources.map { writer.number(of: $0) }
        writer.reserve(spans: places.count)
        var next = 0
        try file.read(
            sourcesAfter: .max,
            batchesAfter: 0,
            source: { _ in },
            batch: { batch, bytes in
                while next < places.count, places[next].batch == batch {
                    let place = places[next]
                    let (start, count) = (Int(place.offset), Int(place.count))
                    guard start + count <= bytes.count else { throw DamagedBytes() }
                    guard writer.hasRoom(for: count) else {
                        throw StoreError(.unavailable, "can't seal \(name): it is too large; lower sealingSize")
                    }
                    let span = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + count)])
                    try writer.add(span, source: numbers[Int(place.source)])
                    next += 1
                }
            }
        )
        guard next == places.count else { throw DamagedBytes() }
    }
}
