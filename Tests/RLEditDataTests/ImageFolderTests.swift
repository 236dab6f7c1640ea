import Foundation
import RLEditData
import RLEditTensor
import RLEditTestSupport
import Testing

@Suite("Image folders")
struct ImageFolderTests {
    let folder: TemporaryFolder
    let pool = WorkerPool(workers: 2)
    init() throws { folder = try TemporaryFolder() }

    private func fill(_ files: [String: String]) throws {
        for (path, picture) in files { try folder.write(path, Corpus.bytes(.picture, picture)) }
    }

    private func read(
        _ name: String = "photos", workers: Int = 2, trusted: Bool = true,
        _ change: (inout ImageFolder.Options) -> Void = { _ in }
    ) throws -> ImageFolder {
        var options = ImageFolder.Options()
        change(&options)
        let path = name.hasPrefix("/") ? name : "\(folder.path)/\(name)"
        return try ImageFolder(
            path: path, name: "set", source: (name as NSString).lastPathComponent, options: options,
            locations: DataLocations(
                dataOption: folder.path, environment: [:], currentFolder: folder.path, isUnrestricted: trusted),
            pool: WorkerPool(workers: workers))
    }

    private func message(
        _ name: String = "photos", trusted: Bool = true, _ change: (inout ImageFolder.Options) -> Void = { _ in }
    ) -> String? {
        let error = #expect(throws: DataError.self) { _ = try read(name, trusted: trusted, change) } as DataError?
        return error.map { "\($0)".replacing(folder.path, with: "…") }
    }

    @Test("pictures come by the bytes of their paths, with the place of their class as label")
    func order() throws {
        try fill([
            "photos/b/2.jpg": "baseline.jpg", "photos/b/10.png": "colour8.png", "photos/a/x.JPG": "cmyk.jpg",
            "photos/a-c/y.jpeg": "grey.jpg", "photos/a/.hidden.jpg": "text.jpg",
        ])
        try folder.write("photos/a/notes.txt", [1])
        let set = try read { $0.size = 8 }
        #expect(set.classes == ["a", "a-c", "b"])
        // "a-c/y" comes before "a/x": a hyphen is a smaller byte than a slash.
        #expect(set.examples.labels == [1, 0, 2, 2])
        #expect(set.examples.exampleShape == [3, 8, 8])
        #expect(set.skipped.isEmpty)
        let chosen = try read {
            $0.size = 8
            $0.classes = ["b", "a"]
        }
        #expect(chosen.classes == ["b", "a"] && chosen.examples.labels == [1, 0, 0])
    }

    @Test("values are the decoded levels over 255, normalized as the network sees them")
    func values() throws {
        try fill(["photos/a/1.jpg": "baseline.jpg"])
        let picture = try Picture(decoding: Corpus.bytes(.picture, "baseline.jpg")).resizedAndCropped(to: 6)
        let plain = try read { $0.size = 6 }.examples
        let grey = try read {
            $0.size = 6
            $0.isGrey = true
        }.examples
        let mean: [Float] = [0.485, 0.456, 0.406]
        let deviation: [Float] = [0.229, 0.224, 0.225]
        let normalized = try read {
            $0.size = 6
            $0.normalization = Normalization.named.first { $0.name == "imagenet" }?.value
        }.examples
        var levels: [Float] = []
        for channel in 0..<3 { levels += (0..<36).map { Float(picture.pixels[3 * $0 + channel]) / 255 } }
        #expect(try plain.allInputs().scalars == levels)
        #expect(grey.exampleShape == [1, 6, 6])
        let expected = levels.indices.map { (levels[$0] - mean[$0 / 36]) / deviation[$0 / 36] }
        #expect(try normalized.allInputs().scalars == expected)
        #expect(plain.contentHash != normalized.contentHash)
        #expect(
            normalized.contentHash
                == (try read {
                    $0.size = 6; $0.normalization = Normalization.named[0].value
                }.examples.contentHash))
        #expect(normalized.inputBytes == 108)
    }

    @Test("normalized sets are sliced, joined, shuffled and compared like others")
    func derivedSets() throws {
        let bytes = (0..<60).map { UInt8($0 * 4) }
        let normalization = try Normalization(mean: [0.5, 0.25], deviation: [0.5, 2])
        let set = try ExampleSet(
            name: "s", source: "t", bytes: bytes, divisor: 255, normalization: normalization, exampleShape: [2, 1, 3],
            labels: (0..<10).map { $0 % 3 })
        let values = try set.allInputs().scalars
        #expect(values[3] == (Float(12) / 255 - 0.25) / 2)
        let floats = try ExampleSet(name: "s", source: "t", inputs: set.allInputs(), labels: set.labels)
        #expect(set.overlap(with: floats) == 10)
        #expect(try set.take(4).concat(set.drop(4)).allInputs().scalars == values)
        let shuffled = set.shuffled(seed: 3)
        #expect(try shuffled.allInputs().scalars == floats.shuffled(seed: 3).allInputs().scalars)
        // Of two scales: as floats.
        let plain = try ExampleSet(
            name: "p", source: "t", bytes: bytes, divisor: 255, exampleShape: [2, 1, 3], labels: set.labels)
        #expect(try set.concat(plain).allInputs().scalars == values + plain.allInputs().scalars)
        #expect(throws: DataError.self) {
            _ = try ExampleSet(
                name: "s", source: "t", bytes: bytes, divisor: 255, normalization: normalization,
                exampleShape: [3, 1, 2], labels: set.labels)
        }
    }

    @Test("an archive gives the set that its unpacked folder gives, for any number of workers")
    func archives() throws {
        for number in 0..<700 {
            let name = ["baseline.jpg", "progressive.jpg", "cmyk.jpg", "colour8.png"][number % 4]
            try fill(["photos/\(["x", "y", "z"][number % 3])/\(number).jpg": name])
        }
        try fill(["photos/y/cut.jpg": "cut.jpg", "photos/z/0.png": "bomb.png"])
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/tar")
        process.arguments = ["-C", folder.path, "-czf", "\(folder.path)/photos.tar.gz", "photos"]
        try process.run()
        process.waitUntilExit()
        func options(_ options: inout ImageFolder.Options) {
            options.size = 7
            options.skipsBroken = true
        }
        let unpacked = try read(workers: 1, options)
        #expect(unpacked.examples.count == 700)
        #expect(unpacked.skipped == ["y/cut.jpg", "z/0.png"])
        for workers in [1, 2, 3] {
            let archived = try read("photos.tar.gz", workers: workers) {
                $0.folder = "photos"; options(&$0)
            }
            #expect(archived.examples.contentHash == unpacked.examples.contentHash)
            #expect(archived.classes == ["x", "y", "z"])
            #expect(archived.skipped.sorted() == unpacked.skipped)
            #expect(try read(workers: workers, options).examples.contentHash == unpacked.examples.contentHash)
        }
    }

    @Test("without a size all pictures have the same, and the odd one is named")
    func sizes() throws {
        try fill(["photos/a/1.jpg": "baseline.jpg", "photos/a/2.jpg": "progressive.jpg"])
        #expect(try read().examples.exampleShape == [3, 37, 50])
        try fill(["photos/a/3.jpg": "orientation6.jpg"])
        #expect(
            message()
                == "'a/3.jpg' in 'photos' has 11 × 17 pixels, and 'a/1.jpg' has 37 × 50: give the size to which all are brought"
        )
        #expect(message { $0.skipsBroken = true } != nil)
        #expect(try read { $0.size = 50 }.examples.exampleShape == [3, 50, 50])
    }

    @Test("a broken picture is named, and passed over on request")
    func broken() throws {
        try fill(["photos/a/1.jpg": "cut.jpg", "photos/a/2.jpg": "baseline.jpg", "photos/b/3.jpg": "webp.jpg"])
        #expect(
            message { $0.size = 4 }
                == "'…/photos/a/1.jpg' is a broken JPEG picture (Premature end of JPEG file)")
        #expect(message() == "'…/photos/a/1.jpg' is a broken JPEG picture (Premature end of JPEG file)")
        let set = try read {
            $0.skipsBroken = true; $0.classes = ["a"]
        }
        #expect(set.examples.count == 1 && set.skipped == ["a/1.jpg"])
        #expect(
            message {
                $0.skipsBroken = true; $0.classes = ["a", "b"]
            }
                == "'photos' holds no picture of class 'b' that is sound")
        #expect(message { $0.skipsBroken = true } == "'photos' holds no picture of class 'b' that is sound")
    }

    @Test("what is not laid out as a folder for each class is refused with what to do")
    func layout() throws {
        try fill([
            "deep/photos/a/1.jpg": "grey.jpg", "flat/1.jpg": "grey.jpg", "nested/a/1.jpg": "grey.jpg",
            "nested/a/b/2.jpg": "grey.jpg",
        ])
        try folder.write("none/a.txt", [])
        try folder.write("empty/a/1.txt", [])
        #expect(
            message("deep")
                == "'deep' holds pictures deeper than in a folder for each class, as 'photos/a/1.jpg': name the folder that "
                + "holds the classes, folder = \"photos\"")
        #expect(try read("deep") { $0.folder = "photos" }.classes == ["a"])
        #expect(
            message("flat")
                == "'flat' holds pictures without a class, as '1.jpg': expected a folder for each class, with the pictures in it"
        )
        #expect(
            message("nested")
                == "'nested' holds 'a/b/2.jpg', a picture in a folder inside a class: expected the pictures in the class's folder"
        )
        #expect(
            message("none")
                == "'none' holds no JPEG or PNG picture: expected a folder for each class, with the pictures in it")
        #expect(
            message("empty")
                == "'empty' holds no picture of class 'a': remove its folder, or list the classes to read")
        #expect(
            message("nested") { $0.classes = ["b"] } == "'nested' holds no picture of class 'b'; it has 'a'")
        #expect(message("deep") { $0.folder = "x" } == "cannot read '…/deep/x': there is no such folder")
        #expect(
            message("deep") { $0.folder = "../flat" }
                == "path '../flat' is refused: the folder of classes lies inside of what is read")
        #expect(
            message(Corpus.path(.tar, "ustar.tar"))
                == "'ustar.tar' holds pictures deeper than in a folder for each class, as 'photos/b/1.png': name the folder that "
                + "holds the classes, folder = \"photos\"")
        #expect(
            message(Corpus.path(.tar, "link.tar")).map {
                $0.hasSuffix(
                    "holds 'a/2.png' as a link, which is not followed: make the archive with tar --dereference --hard-dereference"
                )
            } == true)
    }

    @Test("settings out of range are named")
    func settings() throws {
        try fill(["photos/a/1.jpg": "grey.jpg"])
        #expect(message { $0.size = 0 } == "image folder: a size must be within 1 and 4096, got 0")
        #expect(message { $0.classes = ["a", "a"] } == "'photos' cannot be read with class 'a' twice")
        #expect(message { $0.classes = [] } == "image folder: at least one class must be listed")
        #expect(
            message {
                $0.isGrey = true; $0.normalization = Normalization.named[0].value
            }
                == "normalize: the pictures have 1 channel, and the mean has 3")
        #expect(
            message {
                $0.size = 64; $0.mostBytes = 3000
            }
                == "'photos' holds pictures that take more than the 0 MB of memory that are left: give a smaller size, or fewer classes"
        )
    }

    @Test("a link is followed inside the data roots, and not out of them")
    func links() throws {
        let outside = try TemporaryFolder()
        try outside.write("1.jpg", Corpus.bytes(.picture, "grey.jpg"))
        try fill(["photos/a/1.jpg": "grey.jpg"])
        let files = FileManager.default
        try files.createSymbolicLink(atPath: "\(folder.path)/photos/b", withDestinationPath: "\(folder.path)/photos/a")
        #expect(try read(trusted: false).examples.labels == [0, 1])
        try files.createSymbolicLink(
            atPath: "\(folder.path)/photos/a/2.jpg", withDestinationPath: "\(outside.path)/1.jpg")
        #expect(
            message(trusted: false)
                == "path '…/photos/a/2.jpg' is refused: its link leads out of the data roots; that needs --allow FILE")
        #expect(try read().examples.count == 4)
    }

    @Test(
        "the 10,000 test images of the CIFAR-10 JPEGs have the bytes that Pillow gives",
        .enabled(if: ProcessInfo.processInfo.environment["RLEDIT_DATA"] != nil))
    func cifar() throws {
        let data = ProcessInfo.processInfo.environment["RLEDIT_DATA"] ?? ""
        let path = "\(data)/cifar10/cifar10-jpeg.tar.gz"
        guard FileManager.default.fileExists(atPath: path) else { return }
        let examples = try read(path) { $0.folder = "cifar10/test" }.examples
        #expect(examples.count == 10_000)
        let levels = try examples.allInputs().scalars.map { UInt8(($0 * 255).rounded()) }
        // What scripts/golden/pictures.py prints for the archive.
        #expect(SHA256Digest.hex(of: levels) == "2fb7dfcd1893f37e705d81075b9d9d7245d714b136474baa19c48f02d7a6f670")
    }
}
