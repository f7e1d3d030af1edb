// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What was read last of the sealed files of a store, which share it.
final class SealedCaches: Sendable {
    let blocks = ReadCache<SpanBlock>(capacity: 64 << 20)
    let links = ReadCache<LinkTargets>(capacity: 16 << 20)
    let identities: ReadCache<BlockIdentities>
    private let count = Atomic(0)

    /// Caches, of which that of ids holds so many bytes.
    init(identityCapacity: Int = 32 << 20) { identities = ReadCache(capacity: identityCapacity) }

    /// The number of another file.
    func number() -> Int { count.add(1, ordering: .relaxed).newValue }
}
