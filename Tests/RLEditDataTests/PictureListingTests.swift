import Foundation
import RLEditData
import RLEditTensor
import RLEditTestSupport
import Testing

@Suite("Pictures that a table names")
struct PictureListingTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func fill(_ files: [String: String]) throws {
        for (path, picture) in files { try folder.write(path, Corpus.bytes(.picture, picture)) }
    }

    private func archive() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/tar")
        process.arguments = ["-C", folder.path, "-czf", "\(folder.path)/photos.tar.gz", "photos"]
        try process.run()
        process.waitUntilExit()
    }

    private static let format = TableColumns.Format.csv(separator: nil, encoding: .utf8, skippedLines: 0)
    private static let plain = TableColumns(.texts("file"), label: "label", format: format)

    private func read(
        _ table: String, _ name: String = "photos", columns: TableColumns = plain, workers: Int = 2,
        trusted: Bool = true,
        _ change: (inout ImageFolder.Options) -> Void = { _ in }
    ) throws -> ImageFolder {
        var options = ImageFolder.Options()
        options.size = 6
        if name.contains(".tar") { options.folder = "photos" }
        change(&options)
        let file = try folder.write("t.csv", Array(table.utf8))
        return try ImageFolder(
            path: "\(folder.path)/\(name)", name: "set", source: name, options: options,
            listing: try PictureListing(table: file, source: "t.csv", columns: columns),
            locations: DataLocations(
                dataOption: folder.path, environment: [:], currentFolder: folder.path, isUnrestricted: trusted),
            pool: WorkerPool(workers: workers))
    }

    private func message(
        _ table: String, _ name: String = "photos", trusted: Bool = true,
        _ change: (inout ImageFolder.Options) -> Void = { _ in }
    ) -> String? {
        let error =
            #expect(throws: DataError.self) { _ = try read(table, name, trusted: trusted, change) } as DataError?
        return error.map { "\($0)".replacing(folder.path, with: "…") }
    }

    /// The values of pictures of the corpus, one after the other.
    private func values(_ pictures: [String]) throws -> [Float] {
        try pictures.flatMap { name in
            let picture = try Picture(decoding: Corpus.bytes(.picture, name)).resizedAndCropped(to: 6)
            return (0..<3).flatMap { channel in
                (0..<36).map { Float(picture.pixels[picture.channels * $0 + channel % picture.channels]) / 255 }
            }
        }
    }

    private static let celebA = """
        4
        5_o_Clock_Shadow Male Smiling
        000003.jpg -1  1  1
        000001.jpg  1 -1 -1
        sub/4.png  -1 -1  1
        000002.jpg -1  1 -1

        """
    private static let smiling = TableColumns(
        .texts("file"), label: "Smiling", groups: .members(["Male", "5_o_Clock_Shadow"], atLeast: 0.5), format: format)
    private static let faces = [
        "photos/000001.jpg": "baseline.jpg", "photos/000002.jpg": "cmyk.jpg", "photos/000003.jpg": "progressive.jpg",
        "photos/sub/4.png": "colour8.png", "photos/sub/5.jpg": "baseline.jpg", "photos/0.jpg": "baseline.jpg",
    ]

    @Test("CelebA's shape: the rows give the order, labels and groups, of a folder and of an archive")
    func celebA() throws {
        try fill(Self.faces)
        try folder.write("photos/notes.txt", [1])
        try archive()
        let expected = try values(["progressive.jpg", "baseline.jpg", "colour8.png", "cmyk.jpg"])
        for name in ["photos", "photos.tar.gz"] {
            for workers in [1, 3] {
                let set = try read(Self.celebA, name, columns: Self.smiling, workers: workers)
                #expect(try set.examples.allInputs().scalars == expected)
                #expect(set.examples.labels == [1, 0, 1, 0])
                #expect(set.examples.groups?.names == ["Male", "5_o_Clock_Shadow"])
                #expect(set.examples.groups?.members(of: 0) == [0, 3])
                #expect(set.examples.groups?.members(of: 1) == [1])
                #expect(set.unlisted == ["0.jpg", "sub/5.jpg"])
                #expect(set.classes.isEmpty && set.skipped.isEmpty)
            }
        }
    }

    @Test("an empty group is not annotated, and words are classes")
    func groups() throws {
        try fill(Self.faces)
        let table = "file,kind,a,b\n./sub//4.png,dog,1,0\n 000001.jpg ,cat,,0\n000002.jpg,dog,0,0.2\n"
        let columns = TableColumns(
            .texts("file"), label: "kind", labels: .sorted, groups: .members(["a", "b"], atLeast: 0.5))
        let set = try read(table, columns: columns)
        #expect(set.classes == ["cat", "dog"] && set.examples.labels == [1, 0, 1])
        #expect(set.examples.groups?.groups(of: 0) == [0] && set.examples.groups?.groups(of: 1) == [])
        #expect(set.examples.groups?.isKnown == [true, false, true])
    }

    @Test("broken pictures leave their rows out, with labels and groups")
    func broken() throws {
        try fill(Self.faces.merging(["photos/000001.jpg": "cut.jpg"]) { $1 })
        try archive()
        #expect(
            message("file,label\n000001.jpg,1\n")
                == "'…/photos/000001.jpg' is a broken JPEG picture (Premature end of JPEG file)")
        for name in ["photos", "photos.tar.gz"] {
            let set = try read(Self.celebA, name, columns: Self.smiling) { $0.skipsBroken = true }
            #expect(set.skipped == ["000001.jpg"] && set.examples.labels == [1, 1, 0])
            #expect(set.examples.groups?.members(of: 0) == [0, 2] && set.examples.groups?.members(of: 1) == [])
            #expect(try set.examples.allInputs().scalars == values(["progressive.jpg", "colour8.png", "cmyk.jpg"]))
            #expect(
                message("file,label\n000001.jpg,1\n", name) { $0.skipsBroken = true }
                    == "'\(name)' holds only broken pictures of those that 't.csv' names")
        }
    }

    @Test("rows without a picture, and pictures of two rows, are named")
    func faults() throws {
        try fill(Self.faces)
        try archive()
        for name in ["photos", "photos.tar.gz"] {
            #expect(
                message("file,label\n0.jpg,1\n\"9\n.jpg\",0\n", name)
                    == "'\(name)' holds no picture '9\u{FFFD}.jpg', which row 3 of 't.csv' names: add the picture, or remove the row"
            )
            #expect(
                message("file,label\n0.jpg,1\nx/9.jpg,0\nsub,1\n../t.csv,0\n", name)
                    == "'\(name)' holds no picture 'x/9.jpg', which row 3 of 't.csv' names (2 more rows lack theirs, too): "
                    + "add the picture, or remove the row")
            #expect(
                message("file,label\nphotos/0.jpg,1\nphotos/000001.jpg,0\n", name)
                    == "'\(name)' holds none of the pictures that 't.csv' names, as 'photos/0.jpg'; it holds '0.jpg': "
                    + "the column of paths inside of it is chosen by file = …")
        }
        #expect(
            message("file,label\n0.jpg,1\nsub/4.png,1\n./0.jpg,0\n")
                == "'…/t.csv': row 4, column 'file': '0.jpg' is named a second time, after row 2")
        #expect(message("file,label\n") == "'…/t.csv': no row follows the header")
        #expect(
            message("file,label\n0.jpg,1\n") { $0.folder = "none" }
                == "cannot read '…/photos/none': there is no such folder")
        #expect(
            message("file,label\n0.jpg,1\n", "photos.tar.gz") { $0.folder = "none" }
                == "'photos.tar.gz' holds none of the pictures that 't.csv' names, as '0.jpg'; it holds no JPEG or PNG picture: "
                + "the column of paths inside of it is chosen by file = …")
        #expect(
            message("name,label\n0.jpg,1\n")
                == "'…/t.csv': there is no column 'file'; the columns are 'name', 'label'")
        try folder.write("photos/a.jpg", [1, 2, 3])
        #expect(message("file,label\na.jpg,1\n")?.hasPrefix("'…/photos/a.jpg' ") == true)
    }

    @Test("links are followed inside the data roots only, and circles of folders end")
    func links() throws {
        let outside = try TemporaryFolder()
        try outside.write("1.jpg", Corpus.bytes(.picture, "grey.jpg"))
        try fill(["photos/a/1.jpg": "baseline.jpg"])
        let files = FileManager.default
        try files.createSymbolicLink(atPath: "\(folder.path)/photos/a/up", withDestinationPath: "\(folder.path)/photos")
        try files.createSymbolicLink(
            atPath: "\(folder.path)/photos/b.jpg", withDestinationPath: "\(outside.path)/1.jpg")
        let set = try read("file,label\na/up/a/1.jpg,1\n", trusted: false)
        #expect(set.examples.labels == [1] && set.unlisted == ["a/1.jpg", "b.jpg"])
        #expect(
            message("file,label\nb.jpg,1\n", trusted: false)
                == "path '…/photos/b.jpg' is refused: its link leads out of the data roots; that needs --allow FILE")
        #expect(try read("file,label\nb.jpg,1\n").examples.count == 1)
    }
}
