// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Takes files out of the system's page cache.
enum PageCache {
    /// Writes out the files of a directory and drops their pages, as far as the system does as it is asked.
    ///
    /// On Linux with `posix_fadvise`; elsewhere nothing is dropped, and what is called cold is not.
    static func drop(_ directory: String) throws {
        #if os(Linux)
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
            // Ours until it is closed.
            let descriptor = open("\(directory)/\(name)", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            fdatasync(descriptor)
            posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
        }
        #endif
    }
}
