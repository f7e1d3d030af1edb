// SPDX-License-Identifier: Apache-2.0

import CStitchMicrohttpd
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Owns libmicrohttpd's daemon and its thread, from `init` until ``stop()``, which must be called once.
final class Daemon: Sendable {
    // Thread-safe in libmicrohttpd for the calls made here.
    private nonisolated(unsafe) let handle: OpaquePointer
    // Retained once for the callbacks; released by `stop`.
    private nonisolated(unsafe) let context: UnsafeMutableRawPointer
    private let state = Mutex(State())

    private struct State {
        /// The socket, once it has been given back.
        var listener: Int32?
        var isStopped = false
    }

    init(_ listener: ListeningSocket, _ configuration: HTTPServerConfiguration, _ core: ServerCore) throws(HTTPError) {
        let retained = Unmanaged.passRetained(core)
        let (seconds, attoseconds) = configuration.idleTimeout.components
        // Takes the socket over, unless it fails. Borrows the context until the daemon has stopped.
        let handle = cstitch_http_start(
            listener.descriptor,
            UInt32(configuration.maximumConnections),
            UInt32(seconds) + (attoseconds > 0 ? 1 : 0),
            { _, _, _, method, _, data, size, exchange in
                guard let method, let size, let pointer = exchange?.pointee else { return .NO }
                // Borrowed: the reference of `opened` stays until `closed`.
                let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
                let bytes = UnsafeRawBufferPointer(start: data, count: size.pointee)
                size.pointee = 0  // All of it is taken.
                return exchange.access(method: String(cString: method), bytes) ? .YES : .NO
            },
            { context, target, connection in
                guard let context, let target, let connection else { return nil }
                let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
                // The connection's state holds this reference; `closed` releases it.
                return Unmanaged.passRetained(core.open(String(cString: target), connection)).toOpaque()
            },
            { _, _, exchange, _ in
                guard let pointer = exchange?.pointee else { return }
                exchange?.pointee = nil
                Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue().close()
            },
            retained.toOpaque()
        )
        guard let handle else {
            retained.release()
            Self.close(listener.descriptor)
            throw HTTPError(
                .cannotListen,
                "Starting the thread of the HTTP server failed; are memory or threads used up?"
            )
        }
        self.handle = handle
        context = retained.toOpaque()
    }

    /// Refuses new connections from now on; those that are open go on; never waits.
    ///
    /// May be called while another thread begins with ``stop()``.
    func stopAccepting() {
        state.withLock { state in
            guard !state.isStopped else { return }
            // Gives the socket back to us; it must stay open until the daemon has stopped.
            let listener = MHD_quiesce_daemon(handle)
            guard listener >= 0 else { return }
            _ = shutdown(listener, Int32(SHUT_RDWR))
            state.listener = listener
        }
    }

    /// Closes all connections and joins the thread.
    ///
    /// Blocks; no connection may be suspended.
    func stop() {
        let listener = state.withLock { state in
            state.isStopped = true
            return state.listener
        }
        MHD_stop_daemon(handle)  // Ends the handle's life.
        if let listener { Self.close(listener) }
        Unmanaged<ServerCore>.fromOpaque(context).release()
    }

    private static func close(_ descriptor: Int32) {
        #if canImport(Glibc)
        _ = Glibc.close(descriptor)
        #elseif canImport(Musl)
        _ = Musl.close(descriptor)
        #elseif canImport(Darwin)
        _ = Darwin.close(descriptor)
        #endif
    }
}
