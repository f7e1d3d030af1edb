// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq

/// Owns what libpq needs to ask the server to stop a connection's statement.
///
/// `@unchecked Sendable`: libpq allows to use it from any thread, also while the connection is in use.
final class CancelHandle: @unchecked Sendable {
    private let pointer: OpaquePointer

    init?(_ connection: ConnectionHandle) {
        // A copy of the connection's address and key; ours until PQfreeCancel.
        guard let made = PQgetCancel(connection.pointer) else { return nil }
        pointer = made
    }

    deinit { PQfreeCancel(pointer) }

    /// Opens a connection of its own and waits for the server: must not run on the cooperative thread pool.
    ///
    /// - Returns: Whether the server has received the request.
    func cancel() -> Bool {
        var complaint: [CChar] = Array(repeating: 0, count: 256)
        return PQcancel(pointer, &complaint, Int32(complaint.count)) == 1
    }
}
