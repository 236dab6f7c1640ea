import Foundation
import RLEditCore
import RLEditData
import RLEditLearners
import RLEditNN
import RLEditRuns
import RLEditTensor
import RLEditTestSupport
import Testing

/// Files that come with a script or a run folder are read without trusting a byte: whatever is done to them, reading ends in
/// a typed error or in a value. A trap ends the tests.
@Suite("Mutated files")
struct MutationTests {
    /// How many mutations of each kind of file; `RLEDIT_MUTATIONS` asks for more.
    static let count = ProcessInfo.processInfo.environment["RLEDIT_MUTATIONS"].flatMap(Int.init) ?? 2_000

    /// Reads `count` mutations of each seed file.
    /// - Parameter read: throws what the reader throws.
    private func replay(_ name: String, _ seeds: [[UInt8]], read: ([UInt8]) throws -> Void) throws {
        var random = RandomStream(seed: 11, name: name)
        var refused = 0
        for number in 0..<MutationTests.count {
            let bytes = Mutation.apply(to: seeds[number % seeds.count], random: &random)
            do { try read(bytes) } catch {
                refused += 1
                // A message that cannot be made would be a fault of its own.
                #expect(!"\(error)".isEmpty)
            }
        }
        #expect(refused > MutationTests.count / 10, "the mutations of \(name) reach no check")
        for seed in seeds { try read(seed) }
    }

    /// A new file each time: one that is cut to nothing and written again is flushed to the disk by some file systems.
    private func renew(_ bytes: [UInt8], _ name: String, in folder: TemporaryFolder) throws {
        unlink(folder.file(name))
        try folder.write(bytes, name)
    }

    private static let idx: [UInt8] =
        [0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2] + Array(0..<12)

    @Test("IDX files, plain and compressed")
    func idx() throws {
        let folder = try TemporaryFolder()
        try replay("idx", [MutationTests.idx]) {
            try renew($0, "x", in: folder)
            _ = try IDX.readImages(folder.file("x"))
        }
        try replay("labels", [[0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 0]]) {
            try renew($0, "x", in: folder)
            _ = try IDX.readLabels(folder.file("x"), classes: 3)
        }
        // A stored block: one that needs no compressor to be made.
        let body = MutationTests.idx
        var gzip: [UInt8] =
            [31, 139, 8, 0, 0, 0, 0, 0, 0, 255, 1, UInt8(body.count), 0, ~UInt8(body.count), 255] + body
        var crc: UInt32 = .max
        for byte in body {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        for number in [~crc, UInt32(body.count)] { withUnsafeBytes(of: number.littleEndian) { gzip += $0 } }
        try replay("gzip", [gzip]) {
            try renew($0, "x.gz", in: folder)
            _ = try IDX.readImages(folder.file("x.gz"))
        }
    }

    @Test("CSV files of labelled texts")
    func csv() throws {
        let folder = try TemporaryFolder()
        let seeds = [
            "text,label,group\n\"good, \"\"day\"\"\",0,a\nbad\u{e4},1,b\n",
            "\u{feff}label,text,group\r\n1,\"a\r\nb\",x\r\n0,c,\r\n",
        ].map { Array($0.utf8) }
        try replay("csv", seeds) {
            try renew($0, "x.csv", in: folder)
            _ = try TextSet(
                table: folder.file("x.csv"), name: "t",
                columns: TableColumns(.texts("text"), label: "label", groups: .names("group")))
        }
    }

    @Test("safetensors files with networks and vocabularies in their metadata")
    func models() throws {
        let folder = try TemporaryFolder()
        let texts = try TextSet(
            name: "t", source: "test", texts: ["good day", "bad day", "good good night", "\"quoted\" über 3"],
            labels: [0, 1, 0, 1])
        let vocabulary = try Vocabulary(of: texts, weights: .tfidf)
        let random = RandomStream(seed: 3)
        let classifier = try Models.bagOfWords(widths: [vocabulary.count, 4, 2], random: random).with(vocabulary)
        try ModelFile.file(classifier).write(to: folder.file("a"))
        let layers: [(String, any Layer)] = [
            ("conv", Conv2D(1, 2, kernel: 3)), ("max", MaxPool2D(2)), ("flatten", Flatten()), ("out", Linear(8, 2)),
        ]
        try ModelFile.file(Network(inputShape: [1, 6, 6], layers: layers, random: random)).write(to: folder.file("b"))
        try replay("model", [folder.bytes("a"), folder.bytes("b")]) {
            try renew($0, "x", in: folder)
            let file = try SafetensorsFile(path: folder.file("x"))
            for entry in file.entries { _ = try file.tensor(entry.name) }
            _ = try ModelFile(file)
        }
        try replay("vocabulary", [Array((classifier.metadata[Vocabulary.key] ?? "").utf8)]) {
            _ = try Vocabulary(parsing: String(decoding: $0, as: UTF8.self), path: "x")
        }
    }

    @Test("Packs, stored and deflated")
    func packs() throws {
        let folder = try TemporaryFolder()
        let seeds = try ["stored.rledit", "deflated.rledit"].map { try Corpus.bytes(.pack, $0) }
        try replay("pack", seeds) {
            try renew($0, "x.rledit", in: folder)
            _ = try Pack(path: folder.file("x.rledit")).text()
        }
    }

    @Test("Manifests and summaries")
    func manifests() throws {
        let manifest = Array(SampleRun.manifest(seeds: [0, 1]).json.prettyText().utf8)
        try replay("manifest", [manifest]) { _ = try Manifest(json: JSONValue(parsing: $0)) }
        let summary = Array(SampleRun.summary(seeds: [0, 1]).detailedJSON.prettyText().utf8)
        try replay("summary", [summary]) { _ = RunSummary(json: try JSONValue(parsing: $0)) }
    }

    @Test("Checkpoints, whose digest is recomputed as a stranger would")
    func checkpoints() throws {
        var learner = LearnerSnapshot()
        learner.tensors = ["policy.weight": try Tensor([1, 2, 3, 4], shape: [2, 2])]
        learner.integers = ["updates": 3]
        learner.vectors = ["covariance": [0.5, 1e-300]]
        learner.streams = ["policy": RandomStream(seed: 1, name: "policy")]
        var checkpoint = Checkpoint(evaluations: 64, learner: learner)
        checkpoint.best = .init(actions: Tensor([0.5, -1]), reward: 1.95, evaluation: 7)
        checkpoint.script = Array("return {}".utf8)
        let digits = 64
        let seed = Array(try checkpoint.encoded().dropLast(digits))
        try replay("checkpoint", [seed]) {
            _ = try Checkpoint(decoding: $0 + Array(SHA256Digest.hex(of: $0).utf8), path: "x")
        }
    }
}

/// What a fuzzer does to bytes, from a seed.
enum Mutation {
    private static let tokens = [
        "-1", "0", "9223372036854775807", "-9223372036854775808", "18446744073709551616", "4294967295", "1e999", "1e-5",
        "null",
        "true", "{", "}", "[", "]", "\"", "\\u0000", "\\ud800", ",", ":", "\n", "\r\n", "\0",
    ].map { Array($0.utf8) }
    private static let edges: [UInt8] = [0, 1, 127, 128, 254, 255]

    static func apply(to seed: [UInt8], random: inout RandomStream) -> [UInt8] {
        var bytes = seed
        for _ in 0..<(1 + below(4, &random)) {
            let place = below(bytes.count + 1, &random)
            let length = min(below(9, &random), bytes.count - place)
            switch below(8, &random) {
            case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8(below(8, &random))
            case 1 where place < bytes.count: bytes[place] = edges[below(edges.count, &random)]
            case 2 where place < bytes.count: bytes[place] = UInt8(below(256, &random))
            case 3: bytes.removeSubrange(place..<place + length)
            case 4: bytes.insert(contentsOf: Array(bytes[place..<place + length]), at: below(bytes.count + 1, &random))
            case 5: bytes.removeLast(min(below(40, &random), bytes.count))
            case 6: bytes.replaceSubrange(place..<place + length, with: tokens[below(tokens.count, &random)])
            case 7:
                // A whole number in the text becomes another one.
                guard let digit = bytes[place...].firstIndex(where: { (48...57).contains($0) }) else { continue }
                let end = bytes[digit...].firstIndex { !(48...57).contains($0) } ?? bytes.endIndex
                bytes.replaceSubrange(digit..<end, with: tokens[below(8, &random)])
            default: continue
            }
        }
        return bytes
    }

    private static func below(_ bound: Int, _ random: inout RandomStream) -> Int {
        bound > 0 ? Int(random.nextWord64() % UInt64(bound)) : 0
    }
}
