internal import Foundation
internal import RLEditCore
internal import RLEditData
internal import RLEditNN
internal import RLEditONNX
internal import RLEditRuns
internal import RLEditTensor

/// The readers of files that nobody vouches for, one for each format, as `scripts/fuzz` and the replay of the corpus call
/// them.
///
/// A reader takes any bytes and ends in a value or in one of its own typed errors. A trap, an error of another kind, and
/// a value that does not survive being written and read again are findings.
package enum FuzzedReader: String, CaseIterable, Sendable {
    /// Images and labels, plain or compressed.
    case idx
    /// A compressed stream by itself.
    case gzip
    /// Labelled texts.
    case csv
    /// The same as lines of JSON.
    case jsonl
    /// A JPEG or PNG picture.
    case picture
    /// Pictures in an archive.
    case tar
    /// An array that NumPy saved.
    case npy
    /// Arrays in an archive.
    case npz
    /// What torch.save wrote.
    case torch
    case safetensors
    /// A network as other programs write it.
    case onnx
    /// The metadata of a text classifier.
    case vocabulary
    /// A tokenizer of a pretrained model.
    case wordpiece
    /// Manifest and summary of a run folder.
    case manifest
    /// A policy that somebody trained and shares.
    case policy
    /// A run that somebody shares.
    case pack

    package enum Outcome: Equatable, Sendable {
        case accepted
        case refused(String)
    }

    /// What no input may lead to, in words.
    package struct Find: Error, CustomStringConvertible {
        package let description: String
    }

    /// Reads one input as the program would.
    /// - Parameter scratch: path of a file that takes the bytes, for readers that want one.
    /// - Throws: ``Find``.
    package func read(_ bytes: [UInt8], scratch: String) throws -> Outcome {
        do {
            switch self {
            case .idx: try readIDX(try FuzzedReader.file(bytes, at: scratch))
            case .gzip: try readGzip(try FuzzedReader.file(bytes, at: scratch))
            case .csv:
                try readTable(try FuzzedReader.file(bytes, at: scratch))
            case .jsonl:
                _ = try TextSet(
                    table: try FuzzedReader.file(bytes, at: scratch), name: "texts",
                    columns: TableColumns(
                        .texts("text"), label: "label", labels: .sorted, groups: .members(["a", "b"], atLeast: 0.5),
                        format: .jsonLines))
            case .picture: try readPicture(bytes)
            case .tar: try readArchive(try FuzzedReader.file(bytes, at: scratch))
            case .npy: try readNumPy(try NumPyFile(array: FuzzedReader.file(bytes, at: scratch)))
            case .npz: try readNumPy(try NumPyFile(archive: FuzzedReader.file(bytes, at: scratch)))
            case .torch: _ = try PyTorchFile(path: FuzzedReader.file(bytes, at: scratch))
            case .safetensors: try readSafetensors(try FuzzedReader.file(bytes, at: scratch))
            case .wordpiece: try readWordPiece(try FuzzedReader.file(bytes, at: scratch))
            case .onnx: try readONNX(try FuzzedReader.file(bytes, at: scratch), bytes)
            case .vocabulary: try readVocabulary(String(decoding: bytes, as: UTF8.self))
            case .manifest: try readManifest(bytes)
            case .policy: try readPolicy(try FuzzedReader.file(bytes, at: scratch))
            case .pack: try readPack(try FuzzedReader.file(bytes, at: scratch))
            }
            return .accepted
        } catch let find as Find {
            throw find
        } catch {
            let message = "\(error)"
            guard isExpected(error) else { throw Find(description: "\(rawValue): an untyped error: \(message)") }
            guard !message.isEmpty else { throw Find(description: "\(rawValue): an error without a message") }
            return .refused(message)
        }
    }

    private func isExpected(_ error: any Error) -> Bool {
        switch self {
        case .picture: error is PictureFault
        case .idx, .gzip, .csv, .jsonl, .tar, .npy, .npz, .torch, .wordpiece: error is DataError
        case .safetensors: error is SafetensorsError || error is ModelFileError
        case .onnx: error is ONNXError
        case .vocabulary: error is ModelFileError
        case .manifest: error is JSONReadError || error is ManifestError
        case .policy: error is SafetensorsError || error is PolicyFileError
        case .pack: error is PackError
        }
    }

    private func readIDX(_ path: String) throws {
        do {
            let (dimensions, bytes) = try IDX.readImages(path)
            try expect(dimensions.reduce(1, *) == bytes.count, "the dimensions are not those of the bytes")
        } catch DataError.invalidIDX {
            _ = try IDX.readLabels(path, classes: 10)
        }
    }

    private func readGzip(_ path: String) throws {
        let reader = try GzipReader(path: path)
        var piece = [UInt8](repeating: 0, count: 1 << 12)
        var total = 0
        while true {
            let count = try piece.withUnsafeMutableBytes { try reader.read(into: $0) }
            total += count
            // Each reader of a format has a bound of its own.
            if count < piece.count || total > 1 << 24 { break }
        }
        try expect(total <= reader.largestSize, "\(total) bytes, more than \(reader.largestSize) foreseen")
    }

    private func readPicture(_ bytes: [UInt8]) throws {
        let picture = try Picture(decoding: bytes)
        let size = picture.rows * picture.columns * picture.channels
        try expect(size > 0 && picture.pixels.count == size, "pixels of another number than the size says")
        let square = picture.resizedAndCropped(to: 9)
        try expect(square.pixels.count == 81 * picture.channels, "a square of another size")
    }

    /// With broken pictures passed over, and without.
    private func readArchive(_ path: String) throws {
        var options = ImageFolder.Options()
        options.folder = "photos"
        options.size = 5
        for skips in [true, false] {
            options.skipsBroken = skips
            let folder = try ImageFolder(
                path: path, name: "set", source: "archive", options: options, locations: DataLocations(),
                pool: WorkerPool(workers: 1))
            let examples = folder.examples
            try expect(examples.labels.allSatisfy { $0 < folder.classes.count }, "a label without a class")
            try expect(try examples.allInputs().count == 75 * examples.count, "inputs of another size")
        }
    }

    private func readNumPy(_ file: NumPyFile) throws {
        for entry in file.entries where entry.fault == nil {
            let tensor = try file.tensor(entry)
            try expect(tensor.shape == entry.shape && tensor.count == entry.count, "a tensor of another shape")
        }
    }

    private func readSafetensors(_ path: String) throws {
        let file = try SafetensorsFile(path: path)
        for entry in file.entries {
            try expect(try file.bytes(entry.name).count == entry.byteCount, "'\(entry.name)' has other bytes")
            if entry.elementType.isFloatingPoint { _ = try file.tensor(entry.name) }
        }
        _ = try ModelFile(file)
    }

    private func readONNX(_ path: String, _ bytes: [UInt8]) throws {
        let model = try ONNXModel(path: path)
        let copy = path + ".copy"
        defer { try? FileManager.default.removeItem(atPath: copy) }
        try model.original.write(model.network, to: copy)
        try expect(FileManager.default.contents(atPath: copy) == Data(bytes), "a copy with other bytes")
    }

    private func readVocabulary(_ text: String) throws {
        let vocabulary = try Vocabulary(parsing: text, path: "vocabulary")
        let again = try Vocabulary(parsing: vocabulary.json.text, path: "vocabulary")
        try expect(again == vocabulary, "another vocabulary after being written")
        let texts = try TextSet(name: "t", source: "fuzz", texts: ["a good day", "Ünïcode 3 it's"], labels: [0, 1])
        _ = try vocabulary.encode(texts)
    }

    /// As texts with groups; where that is no table, as numbers between blanks.
    private func readTable(_ path: String) throws {
        do {
            let set = try TextSet(
                table: path, name: "texts",
                columns: TableColumns(.texts("text"), label: "label", groups: .names("group")))
            try expect((0..<set.count).allSatisfy { !set.text($0).isEmpty }, "an empty text")
        } catch DataError.invalidTable(_, .missingColumn) {
            let format = TableColumns.Format.csv(separator: .blanks, encoding: .latin1, skippedLines: 0)
            let set = try ExampleSet(
                table: path, name: "numbers",
                columns: TableColumns(.numbers(["x", "y"]), label: "label", format: format))
            try expect(set.exampleShape == [2] && set.count == set.labels.count, "an example without its numbers")
        }
    }

    private func readWordPiece(_ path: String) throws {
        let tokenizer = try WordPiece.read(path).tokenizer
        for text in ["Ban dol, é[MASK] 中\u{302E}", String(repeating: "ban", count: 50)] {
            let tokens = tokenizer.encode(text, limit: 8)
            try expect(
                tokens.count <= 8 && tokens.allSatisfy { (0..<tokenizer.count).contains($0) }, "tokens \(tokens)")
        }
    }

    private func readManifest(_ bytes: [UInt8]) throws {
        let json = try JSONValue(parsing: bytes)
        if let summary = RunSummary(json: json) {
            let written = summary.detailedJSON.prettyText()
            let again = RunSummary(json: try JSONValue(parsing: Array(written.utf8)))
            try expect(again?.detailedJSON.prettyText() == written, "another summary after being written")
        }
        let manifest = try Manifest(json: json)
        let again = try Manifest(json: JSONValue(parsing: Array(manifest.json.prettyText().utf8)))
        try expect(again == manifest, "another manifest after being written")
    }

    private func readPolicy(_ path: String) throws {
        let policy = try PolicyFile(SafetensorsFile(path: path))
        try expect(!policy.layers.isEmpty, "a policy that edits no layer")
    }

    /// What is unpacked lies in the folder, and is what the pack says.
    private func readPack(_ path: String) throws {
        let pack = try Pack(path: path)
        _ = try pack.text()
        let folder = path + ".unpacked"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        do { try pack.unpack(into: folder) } catch is FileError { return }
        for member in pack.members {
            let bytes = FileManager.default.contents(atPath: "\(folder)/\(member.name)").map(Array.init) ?? []
            try expect(SHA256Digest.hex(of: bytes) == member.hash, "'\(member.name)' was not unpacked")
        }
        let found = FileManager.default.subpaths(atPath: folder) ?? []
        let files = found.filter {
            (try? FileManager.default.attributesOfItem(atPath: "\(folder)/\($0)")[.type] as? FileAttributeType)
                == .typeRegular
        }
        try expect(files.count == pack.members.count, "other files than the members")
        _ = Verification(of: pack.results, again: pack.results)
    }

    private func expect(_ condition: Bool, _ complaint: @autoclosure () -> String) throws {
        if !condition { throw Find(description: "\(rawValue): \(complaint())") }
    }

    private static func file(_ bytes: [UInt8], at path: String) throws -> String {
        do { try Data(bytes).write(to: URL(fileURLWithPath: path)) } catch {
            throw Find(description: "cannot write the scratch file: \(error)")
        }
        return path
    }
}
