// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetrySDK

/// What is found out about the process, its host, its system and its container; what can't be found out is empty.
struct DetectedResource {
    var processID: Int32?
    var executablePath = ""
    var userName = ""
    var hostName = ""
    var machineID = ""
    var systemVersion = ""
    var osRelease = ""
    var cgroup = ""
    var mountinfo = ""

    /// Of this process, here.
    ///
    /// The command line is not asked for: passwords may stand there.
    static func read() -> DetectedResource {
        var found = DetectedResource()
        let process = ProcessInfo.processInfo
        found.processID = process.processIdentifier
        found.executablePath = Bundle.main.executablePath ?? CommandLine.arguments.first ?? ""
        found.userName = NSUserName()
        found.hostName = process.hostName
        let version = process.operatingSystemVersion
        found.systemVersion = "\(version.majorVersion).\(version.minorVersion).\(version.patchVersion)"
        #if os(Linux)
        found.machineID = text(of: "/etc/machine-id")
        found.osRelease = text(of: "/etc/os-release")
        found.cgroup = text(of: "/proc/self/cgroup")
        found.mountinfo = text(of: "/proc/self/mountinfo")
        #endif
        return found
    }

    /// By OpenTelemetry's resource conventions.
    var attributes: Attributes {
        var attributes = Attributes()
        attributes.set("process.pid", processID.map { Int64($0) })
        let fields: [(String, String?)] = [
            ("process.executable.path", executablePath),
            ("process.executable.name", executablePath.split(separator: "/").last.map(String.init)),
            ("process.owner", userName),
            ("process.runtime.name", "swift"),
            ("host.name", hostName),
            ("host.id", machineID.trimmingCharacters(in: .whitespacesAndNewlines)),
            ("host.arch", Self.architecture),
            ("os.type", Self.systemType),
            ("os.name", release("NAME")),
            ("os.version", release("VERSION_ID") ?? systemVersion),
            ("container.id", ContainerID.find(cgroup: cgroup, mountinfo: mountinfo)),
        ]
        for case (let key, let value?) in fields where !value.isEmpty { attributes[key] = .string(value) }
        return attributes
    }

    /// A field of `/etc/os-release`.
    private func release(_ name: String) -> String? {
        for line in osRelease.split(separator: "\n") where line.hasPrefix(name + "=") {
            let value = line.dropFirst(name.count + 1).trimmingCharacters(in: CharacterSet(charactersIn: "\"' "))
            return value.isEmpty ? nil : value
        }
        return nil
    }

    private static var architecture: String? {
        #if arch(x86_64)
        "amd64"
        #elseif arch(arm64)
        "arm64"
        #else
        nil
        #endif
    }

    private static var systemType: String? {
        #if os(Linux)
        "linux"
        #elseif os(macOS)
        "darwin"
        #else
        nil
        #endif
    }

    private static func text(of path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
