import RLEditTestSupport
import Testing

/// What `scripts/fuzz` begins with and what it found, through the readers as the program calls them. A trap ends the tests.
@Suite("Corpus of the fuzzed readers")
struct CorpusTests {
    @Test("every input ends in a value or in a typed error", arguments: FuzzedReader.allCases)
    func replay(_ reader: FuzzedReader) throws {
        let folder = try TemporaryFolder()
        let names = try Corpus.names(of: reader)
        #expect(!names.isEmpty)
        var outcomes: [FuzzedReader.Outcome] = []
        for name in names {
            do { outcomes.append(try reader.read(Corpus.bytes(reader, name), scratch: folder.file("input"))) } catch {
                Issue.record("\(reader.rawValue)/\(name): \(error)")
            }
        }
        #expect(outcomes.contains(.accepted), "no sound file among the inputs")
    }

    @Test("a reader is not fooled by the inputs of another", arguments: FuzzedReader.allCases)
    func otherFormats(_ reader: FuzzedReader) throws {
        let folder = try TemporaryFolder()
        for other in FuzzedReader.allCases where other != reader {
            for name in try Corpus.names(of: other) {
                _ = try reader.read(Corpus.bytes(other, name), scratch: folder.file("input"))
            }
        }
    }
}
