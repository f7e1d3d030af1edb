// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("What the fuzzer has found")
struct CorpusTests {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().appending(path: "../../Fuzz/corpus/trace-context").standardizedFileURL

    @Test("The parsers keep what they promise on all of it")
    func replay() throws {
        let files = try FileManager.default.contentsOfDirectory(at: Self.folder, includingPropertiesForKeys: nil)
        try #require(files.count > 20)
        for file in files {
            let complaint = ParserInvariants.complaint(about: [UInt8](try Data(contentsOf: file)))
            #expect(complaint == nil, "\(file.lastPathComponent)")
        }
    }

    @Test("Each parser has a seed that it reads")
    func seeds() {
        for index in ParserInvariants.parsers.indices {
            #expect(ParserInvariants.complaint(about: [UInt8(index)]) == nil)
        }
    }
}
