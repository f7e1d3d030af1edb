// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq
import StitchService

/// Owns libpq's connection and releases it.
///
/// `@unchecked Sendable`: libpq lets any thread use a connection, one at a time. While it is being made, that is the
/// one task that makes it; afterwards the actor ``PostgresConnection``.
final class ConnectionHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Whether the server has said something that it was not asked for.
    private let isNoticed = UnsafeMutablePointer<Bool>.allocate(capacity: 1)

    /// A peer that vanished without a word is noticed after about a minute, unless the address says otherwise: by questions
    /// when nothing is sent, and by what is sent and not acknowledged.
    private static let keepalives = [
        "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3", "tcp_user_timeout": "60000",
    ]

    /// Begins to connect.
    ///
    /// May read password files, so it must not run on the cooperative thread pool.
    ///
    /// - Returns: `nil` when there is no memory left.
    init?(connectingWith settings: ConnectionSettings) {
        let keywords = Self.keepalives.merging(settings.values) { _, given in given }.sorted { $0.key < $1.key }
        let names = keywords.map { $0.key } + ["client_encoding"]
        let values = keywords.map { $0.value } + ["UTF8"]
        // libpq copies the strings; the connection that it returns is ours until PQfinish.
        let made = names.withCStrings { names in
            values.withCStrings { values in
                // 0: the database's name is a name, and not another address, whatever is in it.
                PQconnectStartParams(names, values, 0)
            }
        }
        isNoticed.initialize(to: false)
        guard let made else {
            isNoticed.deallocate()
            return nil
        }
        pointer = made
        // libpq would write notices to standard error.
        _ = PQsetNoticeProcessor(
            pointer,
            { isNoticed, message in
                isNoticed?.assumingMemoryBound(to: Bool.self).pointee = true
                guard let message else { return }
                Diagnostics.log(
                    .debug,
                    String(cString: message).split(whereSeparator: \.isNewline).joined(separator: " ")
                )
            },
            isNoticed  // Ours; libpq keeps it until PQfinish.
        )
    }

    deinit {
        PQfinish(pointer)
        isNoticed.deallocate()
    }

    /// Reads what has come while nothing ran; whether the server has not closed the connection.
    func seesNoEnd() -> Bool {
        isNoticed.pointee = false
        guard PQconsumeInput(pointer) == 1 else { return false }
        _ = PQisBusy(pointer)  // Takes apart what has come.
        // It may be why the server closes the connection, and libpq sees the end with the next read only.
        return !isNoticed.pointee || PQconsumeInput(pointer) == 1
    }

    /// The host that the connection is to, or is being made to.
    var host: String { PQhost(pointer).map { String(cString: $0) } ?? "" }  // Belongs to the connection.

    /// The port at the host.
    var port: String { PQport(pointer).map { String(cString: $0) } ?? "" }  // Belongs to the connection.

    /// libpq's last complaint, in one line; it never holds the password.
    var complaint: String {
        guard let text = PQerrorMessage(pointer) else { return "no reason given" }  // Belongs to the connection.
        return String(cString: text).split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}

extension [String] {
    /// Lends an array of C strings, ended by a null pointer.
    fileprivate func withCStrings<Value>(_ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Value) -> Value {
        var block: [CChar] = []
        let offsets = map { text in
            defer { block += text.utf8CString }
            return block.count
        }
        return block.withUnsafeBufferPointer { block in
            let pointers = offsets.map { offset in block.baseAddress?.advanced(by: offset) } + [nil]
            return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
        }
    }
}
