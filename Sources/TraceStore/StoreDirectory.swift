// SPDX-License-Identifier: Apache-2.0

import TelemetryData

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The files of a store.
struct StoreDirectory: Sendable {
    let path: String

    func path(_ name: String) -> String { "\(path)/\(name)" }

    var manifest: String { path("manifest.db") }
    static func openName(_ number: Int64) -> String { "open-\(number).db" }
    static func sealedName(_ number: Int64, generation: Int64) -> String { "seg-\(number)-\(generation).seal" }

    /// Makes the directory, and those that it is in.
    func create() throws(StoreError) {
        var made = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            made += made.isEmpty && !part.isEmpty ? part : "/\(part)"
            guard !part.isEmpty, part != "." else { continue }
            if mkdir(made, 0o777) != 0, errno != EEXIST { throw Self.failure("can't make the directory \(made)") }
        }
    }

    /// The names of the files.
    func names() throws(StoreError) -> [String] {
        // The stream is ours until closedir; an entry belongs to it until the next is read.
        guard let stream = opendir(path) else { throw Self.failure("can't read the directory \(path)") }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a file; whether it was there doesn't matter.
    func remove(_ name: String) { unlink(path(name)) }

    /// Removes a database and what SQLite keeps beside it.
    func removeDatabase(_ name: String) {
        for suffix in ["", "-wal", "-shm"] { remove(name + suffix) }
    }

    /// Gives a file that can't be used another name, and says which.
    func setAside(_ name: String) -> String {
        var target = "\(name).damaged"
        var number = 1
        while access(path(target), F_OK) == 0 {
            number += 1
            target = "\(name).\(number).damaged"
        }
        rename(path(name), path(target))
        for suffix in ["-wal", "-shm"] where access(path(name + suffix), F_OK) == 0 {
            rename(path(name + suffix), path(target + suffix))
        }
        return target
    }

    /// How many bytes a file has; 0 where there is none.
    func size(_ name: String) -> Int {
        var status = stat()
        return stat(path(name), &status) == 0 ? Int(status.st_size) : 0
    }

    /// When a file was last written; `nil` where there is none.
    func modified(_ name: String) -> Timestamp? {
        var status = stat()
        guard stat(path(name), &status) == 0 else { return nil }
        #if canImport(Darwin)
        let time = status.st_mtimespec
        #else
        let time = status.st_mtim
        #endif
        return Timestamp(nanoseconds: UInt64(max(0, time.tv_sec)) * 1_000_000_000 + UInt64(max(0, time.tv_nsec)))
    }

    /// Writes a file so that it is there whole or not at all, whatever happens meanwhile.
    func write(_ bytes: [UInt8], to name: String) throws(StoreError) {
        let temporary = path("\(name).tmp")
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Self.failure("can't write \(temporary)") }
        let isWritten = bytes.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count, let start = bytes.baseAddress {
                #if canImport(Darwin)
                let count = Darwin.write(descriptor, start + offset, bytes.count - offset)
                #elseif canImport(Musl)
                let count = Musl.write(descriptor, start + offset, bytes.count - offset)
                #else
                let count = Glibc.write(descriptor, start + offset, bytes.count - offset)
                #endif
                if count < 0 {
                    if errno == EINTR { continue }
                    return false
                }
                offset += count
            }
            return fsync(descriptor) == 0
        }
        let failure = isWritten ? nil : Self.failure("can't write \(temporary)")
        close(descriptor)
        if let failure {
            unlink(temporary)
            throw failure
        }
        guard rename(temporary, path(name)) == 0 else { throw Self.failure("can't rename \(temporary)") }
        try sync()
    }

    /// Waits until the disk has the names of the files.
    func sync() throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("can't open the directory \(path)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Self.failure("can't sync the directory \(path)") }
    }

    static func failure(_ attempt: String) -> StoreError {
        StoreError(.unavailable, "\(attempt): \(String(cString: strerror(errno)))")
    }
}

/// Keeps other writers out of a directory for as long as it lives.
final class StoreLock: Sendable {
    private let descriptor: Int32

    init(_ directory: StoreDirectory) throws(StoreError) {
        let path = directory.path("lock")
        // Ours until deinit. The kernel gives the lock back when the process dies, however it does.
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw StoreDirectory.failure("can't open \(path)") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let isHeld = errno == EWOULDBLOCK
            let failure = StoreDirectory.failure("can't lock \(path)")
            close(descriptor)
            guard isHeld else { throw failure }
            throw StoreError(
                .locked,
                "can't write to \(directory.path): another store does; stop it, or open this one for reading"
            )
        }
        self.descriptor = descriptor
    }

    deinit {
        // A process that is being started holds the descriptor too, for a moment; the lock must not wait for that.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}

/// Owns the descriptor of a file that is only read, from any place in it.
final class ReadOnlyFile: Sendable {
    private let descriptor: Int32
    let size: Int

    init(_ path: String) throws(StoreError) {
        // Ours until deinit.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreDirectory.failure("can't open \(path)") }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let failure = StoreDirectory.failure("can't look at \(path)")
            close(descriptor)
            throw failure
        }
        self.descriptor = descriptor
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// Has the system read bytes ahead that will be asked for soon, as far as it does that.
    func expect(at offset: Int, count: Int) {
        #if os(Linux)
        guard offset >= 0, count > 0 else { return }
        posix_fadvise(descriptor, off_t(offset), off_t(count), POSIX_FADV_WILLNEED)
        #endif
    }

    /// Bytes of the file.
    func bytes(at offset: Int, count: Int) throws -> [UInt8] {
        guard offset >= 0, count >= 0, count <= size, offset <= size - count else { throw DamagedBytes() }
        return try [UInt8](unsafeUninitializedCapacity: count) { memory, used in
            while used < count, let start = memory.baseAddress {
                let read = pread(descriptor, start + used, count - used, off_t(offset + used))
                if read < 0, errno == EINTR { continue }
                if read < 0 { throw StoreDirectory.failure("can't read a sealed file") }
                if read == 0 { throw DamagedBytes() }
                used += read
            }
        }
    }
}
