import Foundation
import RLEditData
import RLEditTensor
import Testing

@Suite("IDX files")
struct IDXTests {
    let folder: TemporaryFolder
    let pixels = (0..<24).map { UInt8($0) }
    init() throws { folder = try TemporaryFolder() }

    private func images(_ name: String = "images") throws -> String {
        try folder.write(name, idx(magic: 0x803, [2, 3, 4], pixels))
    }

    @Test("images and labels are read plain and compressed, by content and not by name")
    func reading() throws {
        let plain = try images()
        let compressed = try folder.gzip("images")
        let misnamed = try folder.write("misnamed", Array(Data(contentsOf: URL(fileURLWithPath: compressed))))
        for path in [plain, compressed, misnamed] {
            let (dimensions, bytes) = try IDX.readImages(path)
            #expect(dimensions == [2, 3, 4])
            #expect(bytes == pixels)
        }
        let labels = try folder.write("labels", idx(magic: 0x801, [3], [7, 0, 9]))
        #expect(try IDX.readLabels(labels, classes: 10) == [7, 0, 9])
        #expect(try IDX.readLabels(try folder.gzip("labels")) == [7, 0, 9])
    }

    @Test("several gzip members and padding zeros are one file")
    func members() throws {
        let whole = idx(magic: 0x803, [2, 3, 4], pixels)
        try folder.write("a", Array(whole[..<10]))
        try folder.write("b", Array(whole[10...]))
        let a = try Data(contentsOf: URL(fileURLWithPath: folder.gzip("a")))
        let b = try Data(contentsOf: URL(fileURLWithPath: folder.gzip("b")))
        let path = try folder.write("ab.gz", Array(a + b) + [0, 0, 0])
        #expect(try IDX.readImages(path).bytes == pixels)
    }

    @Test("a set is made of images and labels, with grey levels from 0 to 1")
    func exampleSet() throws {
        let labels = try folder.write("labels", idx(magic: 0x801, [2], [3, 1]))
        let set = try IDX.exampleSet(name: "mine", source: "file", images: images(), labels: labels, classes: 10)
        #expect(set.exampleShape == [1, 3, 4])
        #expect(set.labels == [3, 1])
        #expect(try set.allInputs().scalars == pixels.map { Float($0) / 255 })
        #expect("\(set)" == "mine (file): 2 examples of [1, 3, 4], values 0 … 0.09; labels 1: 1, 3: 1")
    }

    private func fault(_ path: String) -> DataError? {
        #expect(throws: DataError.self) { _ = try IDX.readImages(path) } as DataError?
    }

    @Test("a wrong magic number names what was got and what was expected")
    func wrongMagic() throws {
        let labels = try folder.write("labels", idx(magic: 0x801, [2], [3, 1]))
        #expect(
            fault(labels).map { "\($0)" }
                == "'\(labels)' is not a sound IDX file: wrong magic number: expected 0x00000803, got 0x00000801")
        let text = try folder.write("text", Array("hello, world".utf8))
        #expect(fault(text) == .invalidIDX(path: text, fault: .wrongMagic(expected: 0x803, actual: 0x6865_6C6C)))
        let floats = try folder.write("floats", idx(magic: 0xD03, [1, 1, 1], [0, 0, 0, 0]))
        #expect(fault(floats) == .invalidIDX(path: floats, fault: .unsupportedType(code: 0xD)))
    }

    @Test("files that end early, or go on, are refused before they are used")
    func sizes() throws {
        let whole = idx(magic: 0x803, [2, 3, 4], pixels)
        for (length, expected) in [
            (0, IDXFault.shortHeader(bytes: 0)), (3, .shortHeader(bytes: 3)), (15, .shortHeader(bytes: 15)),
            (16, .truncated(dimensions: [2, 3, 4], expected: 24, actual: 0)),
            (39, .truncated(dimensions: [2, 3, 4], expected: 24, actual: 23)),
        ] {
            let path = try folder.write("cut", Array(whole[..<length]))
            #expect(fault(path) == .invalidIDX(path: path, fault: expected))
            // The same contents, compressed whole.
            let compressed = try folder.gzip("cut")
            #expect(fault(compressed) == .invalidIDX(path: compressed, fault: expected))
        }
        let long = try folder.write("long", whole + [1])
        #expect(fault(long) == .invalidIDX(path: long, fault: .trailingBytes(dimensions: [2, 3, 4], expected: 24)))
        let compressed = try folder.gzip("long")
        #expect(
            fault(compressed)
                == .invalidIDX(path: compressed, fault: .trailingBytes(dimensions: [2, 3, 4], expected: 24)))
    }

    @Test("a gzip file cut at any byte is an error")
    func truncatedGzip() throws {
        _ = try images()
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: folder.gzip("images"))))
        for length in 2..<whole.count {
            let path = try folder.write("cut.gz", Array(whole[..<length]))
            #expect(fault(path) == .invalidGzip(path: path, fault: .truncated), "\(length) bytes")
        }
    }

    @Test("damaged gzip contents, checksums and strange tails are errors")
    func corruptGzip() throws {
        _ = try images()
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: folder.gzip("images"))))
        var checksum = whole
        checksum[whole.count - 8] ^= 1
        let path = try folder.write("checksum.gz", checksum)
        #expect(fault(path) == .invalidGzip(path: path, fault: .corrupt("incorrect data check")))
        var body = whole
        body[whole.count - 12] ^= 0xFF
        #expect(fault(try folder.write("body.gz", body)) != nil)
        let tail = try folder.write("tail.gz", whole + [0x41])
        #expect(fault(tail) == .invalidGzip(path: tail, fault: .trailingBytes))
    }

    @Test("dimensions that lie take no memory", arguments: [[60_000, 28, 28], [1 << 30, 1, 1]])
    func lyingDimensions(dimensions: [Int]) throws {
        let path = try folder.write("liar", idx(magic: 0x803, dimensions, [1, 2, 3]))
        let size = dimensions.reduce(1, *)
        #expect(
            fault(path) == .invalidIDX(path: path, fault: .truncated(dimensions: dimensions, expected: size, actual: 3))
        )
        let compressed = try folder.gzip("liar")
        #expect(fault(compressed) == .invalidGzip(path: compressed, fault: .truncated))
    }

    @Test(
        "unusable dimensions are refused",
        arguments: [[2, 0, 3], [0, 0, 0], [0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF], [1 << 31, 1, 1]])
    func unusableDimensions(dimensions: [Int]) throws {
        let path = try folder.write("odd", idx(magic: 0x803, dimensions, []))
        #expect(fault(path) == .invalidIDX(path: path, fault: .unusableDimensions(dimensions)))
    }

    @Test("labels out of range and unequal counts name the files and the numbers")
    func labels() throws {
        let labels = try folder.write("labels", idx(magic: 0x801, [3], [1, 2, 10]))
        let outOfRange = #expect(throws: DataError.self) { try IDX.readLabels(labels, classes: 10) }
        #expect(
            outOfRange.map { "\($0)" }
                == "'\(labels)': label 10 of example 3 is out of range: labels begin at 0 and go to 9")
        let images = try images()
        let unequal = #expect(throws: DataError.self) {
            try IDX.exampleSet(name: "x", source: "x", images: images, labels: labels)
        }
        #expect(unequal.map { "\($0)" } == "'\(images)' holds 2 images but '\(labels)' holds 3 labels")
    }

    @Test("a missing file, a folder and a pipe are errors, and none blocks")
    func notAFile() throws {
        #expect(
            fault("/nowhere") == .unreadableFile(path: "/nowhere", reason: "No such file or directory"))
        #expect(fault(folder.path) == .unreadableFile(path: folder.path, reason: "it is not a regular file"))
        let pipe = "\(folder.path)/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(fault(pipe) == .unreadableFile(path: pipe, reason: "it is not a regular file"))
    }

    @Test("a file of no images is a set of none")
    func noImages() throws {
        let images = try folder.write("none", idx(magic: 0x803, [0, 28, 28], []))
        let labels = try folder.write("nolabels", idx(magic: 0x801, [0], []))
        let set = try IDX.exampleSet(name: "none", source: "file", images: images, labels: labels)
        #expect(set.count == 0)
        #expect(try set.allInputs().shape == [0, 1, 28, 28])
    }
}
