package import Foundation

/// The files that begin the fuzzed readers' work, and those that were findings once: a folder for each reader.
/// `scripts/golden/corpus.py` writes the sound ones.
package enum Corpus {
    /// Where the files of a reader lie.
    package static func folder(of reader: FuzzedReader) -> URL {
        Bundle.module.bundleURL.appendingPathComponent("Corpus/\(reader.rawValue)")
    }

    /// Sorted.
    package static func names(of reader: FuzzedReader) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder(of: reader).path).sorted()
    }

    package static func path(_ reader: FuzzedReader, _ name: String) -> String {
        folder(of: reader).appendingPathComponent(name).path
    }

    package static func bytes(_ reader: FuzzedReader, _ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path(reader, name))))
    }
}
