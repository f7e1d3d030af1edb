// SPDX-License-Identifier: Apache-2.0

import Foundation

/// OpenTelemetry's SDK and message classes and Prometheus's parser for Python, from PyPI, in a folder that is gone when
/// the process ends.
///
/// Beside no real server, they are the software of others that Stitch's encoding is held against.
final class PythonPeer: Sendable {
    /// What is installed; with all that they need.
    private static let packages = [
        "opentelemetry-exporter-otlp-proto-http==1.45.2", "opentelemetry-sdk==1.45.2", "prometheus-client==0.26.0",
    ]

    private static let installed = Task { try await PythonPeer() }

    /// The one of this process, installed by whoever needs it first.
    static var shared: PythonPeer {
        get async throws { try await installed.value }
    }

    private let folder: URL

    private init() async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "stitch-peer-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.path
        // Nothing else knows when the last test is over.
        Self.removeAtExit(path)
        _ = try await ServerPack.run(
            "/usr/bin/env",
            ["python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", path]
                + Self.packages,
            in: folder
        )
    }

    /// What becomes of bytes that the official classes read and write again.
    func rewrite(_ bytes: [UInt8], _ kind: String) async throws -> [UInt8] {
        let (source, target) = (file("in"), file("out"))
        try Data(bytes).write(to: source)
        try await run(["rewrite", kind, source.path, target.path])
        return [UInt8](try Data(contentsOf: target))
    }

    /// Sends spans by the official SDK to an endpoint; what it sent, as the official JSON.
    func send(to endpoint: String) async throws -> [UInt8] {
        let target = file("sent")
        try await run(["send", endpoint, target.path])
        return [UInt8](try Data(contentsOf: target))
    }

    /// What a scraper that asks with `Accept` finds at a URL.
    func scrape(_ url: String, accept: String = "") async throws -> Scrape {
        let target = file("scraped")
        try await run(["scrape", url, accept, target.path])
        return try JSONDecoder().decode(Scrape.self, from: Data(contentsOf: target))
    }

    /// The samples of a scrape, as Prometheus's own parser reads them.
    struct Scrape: Decodable {
        struct Sample: Decodable {
            var name: String
            var labels: [String: String]
            var value: String
            var exemplar: [String: String]
        }

        var contentType: String
        var samples: [Sample]

        func sample(_ name: String, _ labels: [String: String] = [:]) -> Sample? {
            samples.first { sample in sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value } }
        }
    }

    private func file(_ name: String) -> URL { folder.appending(path: "\(name)-\(UUID())") }

    private func run(_ arguments: [String]) async throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "OTLPPeer/peer.py")
        _ = try await ServerPack.run(
            "/usr/bin/env",
            ["python3", script.path] + arguments,
            in: folder,
            ["PYTHONPATH": folder.path, "PYTHONDONTWRITEBYTECODE": "1"]
        )
    }

    nonisolated(unsafe) private static var removed = ""

    private static func removeAtExit(_ path: String) {
        removed = path
        atexit { try? FileManager.default.removeItem(atPath: PythonPeer.removed) }
    }
}
