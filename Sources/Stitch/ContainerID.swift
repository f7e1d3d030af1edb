// SPDX-License-Identifier: Apache-2.0

/// Finds the id of the container that a process runs in, in what Linux says of it.
///
/// Pure.
enum ContainerID {
    /// The id: of the control groups' names, as version 1 has them, else of where files are mounted from.
    ///
    /// - Parameters:
    ///   - cgroup: `/proc/self/cgroup`.
    ///   - mountinfo: `/proc/self/mountinfo`.
    /// - Returns: 64 hexadecimal digits; `nil` where there are none.
    static func find(cgroup: String, mountinfo: String) -> String? {
        for line in cgroup.split(separator: "\n") {
            if let id = line.split(separator: "/").last.flatMap(idInGroup) { return id }
        }
        for line in mountinfo.split(separator: "\n") {
            if let id = idInMount(line) { return id }
        }
        return nil
    }

    /// `docker-ID.scope`, `cri-containerd:ID`, or nothing but the id.
    private static func idInGroup(_ name: Substring) -> String? {
        let name = name.hasSuffix(".scope") ? name.dropLast(".scope".count) : name
        return name.split { $0 == "-" || $0 == ":" }.last.flatMap(id)
    }

    /// Container engines mount files of theirs, such as the host's name, from `…/containers/ID/…`.
    private static func idInMount(_ line: Substring) -> String? {
        // The root of the mount within its file system is the fourth field.
        let fields = line.split(separator: " ")
        guard fields.count > 4 else { return nil }
        let parts = fields[3].split(separator: "/")
        for (folder, name) in zip(parts, parts.dropFirst()) where folder.hasSuffix("containers") {
            if let id = id(name) { return id }
        }
        return nil
    }

    private static func id(_ text: Substring) -> String? {
        let isHexadecimal = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
            default: false
            }
        }
        return text.utf8.count == 64 && isHexadecimal ? String(text) : nil
    }
}
