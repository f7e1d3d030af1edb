// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("What the fuzzer has found in OTLP")
struct CorpusTests {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().appending(path: "../../Fuzz/corpus/otlp").standardizedFileURL

    @Test("The decoders keep what they promise on all of it")
    func replay() throws {
        let files = try FileManager.default.contentsOfDirectory(at: Self.folder, includingPropertiesForKeys: nil)
        try #require(files.count > 20)
        for file in files {
            let complaint = OTLPInvariants.complaint(about: [UInt8](try Data(contentsOf: file)))
            #expect(complaint == nil, "\(file.lastPathComponent)")
        }
    }
}
