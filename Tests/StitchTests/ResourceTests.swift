// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchService
import TelemetryData
import Testing

@testable import Stitch

private let id = String(repeating: "0123456789abcdef", count: 4)
private let other = String(repeating: "f", count: 64)

@Suite("What produces the spans")
struct ResourceTests {
    @Test(
        "A container's id is the last part of a control group's name",
        arguments: [
            "12:cpu:/docker/\(id)", "0::/kubepods/besteffort/pod1/\(id)", "0::/system.slice/docker-\(id).scope",
            "1:name=systemd:/kubepods.slice/cri-containerd-\(id).scope", "0::/x/cri-containerd:\(id)",
            "2:a:/\n1:b:/user.slice\n0::/machine.slice/libpod-\(id).scope",
        ]
    )
    func groups(cgroup: String) {
        #expect(ContainerID.find(cgroup: cgroup, mountinfo: "") == id)
    }

    @Test(
        "Else it is in the folder that the engine mounts a file from",
        arguments: [
            "473 456 254:1 /docker/containers/\(id)/hostname /etc/hostname rw - ext4 /dev/vda1 rw",
            "1 2 0:1 / / rw - overlay o rw\n2 1 0:2 /var/lib/containers/storage/overlay-containers/\(id)/userdata/hostname /etc/hostname rw - tmpfs t rw",
        ]
    )
    func mounts(mountinfo: String) {
        #expect(ContainerID.find(cgroup: "0::/", mountinfo: mountinfo) == id)
        #expect(ContainerID.find(cgroup: "0::/docker/\(other)", mountinfo: mountinfo) == other)
    }

    @Test(
        "Where there is no container there is no id",
        arguments: [
            ("", ""), ("0::/", "1 2 0:1 / / rw - ext4 /dev/vda1 rw"), ("0::/user.slice/session-2.scope", "a b"),
            ("0::/docker/\(id)0", "1 2 0:1 /docker/volumes/\(id)/_data /data rw - ext4 /dev/vda1 rw"),
            ("0::/docker/\(id.dropLast())", ""), ("0::/docker/\(id.dropLast())g", "1 2 3 /containers/short/x y"),
        ]
    )
    func none(cgroup: String, mountinfo: String) {
        #expect(ContainerID.find(cgroup: cgroup, mountinfo: mountinfo) == nil)
    }

    @Test("What is found out has the names of the conventions; what can't be found out is left out")
    func attributes() {
        var found = DetectedResource()
        found.processID = 7
        found.executablePath = "/usr/bin/billing"
        found.machineID = "abc\n"
        found.osRelease = "PRETTY_NAME=\"X 1\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID='12'\n"
        found.systemVersion = "6.1.0"
        found.cgroup = "0::/docker/\(id)"
        let attributes = found.attributes
        #expect(attributes["process.pid"] == 7)
        #expect(attributes["process.executable.name"] == "billing")
        #expect(attributes["process.executable.path"] == "/usr/bin/billing")
        #expect(attributes["host.id"] == "abc")
        #expect(attributes["os.name"] == "Debian GNU/Linux" && attributes["os.version"] == "12")
        #expect(attributes["container.id"] == .string(id))
        #expect(attributes["host.name"] == nil && attributes["process.owner"] == nil)
        found.osRelease = "nonsense\nNAME=\n"
        #expect(found.attributes["os.name"] == nil && found.attributes["os.version"] == "6.1.0")
    }

    @Test("Of this process there is much to find out, and nothing of its command line")
    func here() {
        let attributes = DetectedResource.read().attributes
        for key in ["process.pid", "process.executable.name", "host.name", "os.type", "os.version"] {
            #expect(attributes[key] != nil, "\(key) is missing")
        }
        #expect(!attributes.elements.contains { $0.key.hasPrefix("process.command") })
    }

    @Test("What is said counts before what is found out; an instance has an id of its own, unless one is said")
    func precedence() {
        var configuration = TelemetryConfiguration(
            serviceName: "billing",
            resourceAttributes: ["host.name": "said", "service.name": "other"]
        )
        var found = DetectedResource()
        found.hostName = "found"
        found.userName = "me"
        let resource = configuration.resource(detected: found)
        #expect(resource.serviceName == "billing")
        #expect(resource.attributes["host.name"] == "said" && resource.attributes["process.owner"] == "me")
        let instance = resource.attributes["service.instance.id"]?.stringValue
        #expect(instance.flatMap { UUID(uuidString: $0) } != nil)
        #expect(configuration.resource(detected: found).attributes["service.instance.id"]?.stringValue != instance)
        configuration.resourceAttributes["service.instance.id"] = "worker-1"
        #expect(configuration.resource(detected: found).attributes["service.instance.id"] == "worker-1")
    }

    @Test("It says by which library and which version of it, whatever else is said")
    func library() {
        let resource = TelemetryConfiguration(serviceName: "billing").resource(detected: DetectedResource())
        #expect(resource.attributes["telemetry.sdk.name"] == "stitch")
        #expect(resource.attributes["telemetry.sdk.language"] == "swift")
        #expect(resource.attributes["telemetry.sdk.version"] == .string(StitchVersion.current))
    }
}
