/// The pictures that the rows of a table name, and what it says of them.
package struct PictureListing {
    /// What messages call the table.
    private let source: String
    /// Paths below the folder that is read, in the order of the rows.
    let paths: [String]
    private let rows: [TableFault.Row]
    private let places: [String: Int]
    package let contents: TableContents

    /// - Parameters:
    ///   - path: of the table.
    ///   - source: what messages call it.
    ///   - columns: whose texts are the paths of pictures.
    /// - Throws: ``DataError/invalidTable(path:fault:)``, for a picture that is named twice, too; or what reading the file
    ///   throws.
    package init(table path: String, source: String, columns: TableColumns) throws(DataError) {
        guard case .texts(let column) = columns.inputs else {
            throw .invalidArgument(
                operation: "image folder", message: "a column of paths expected, got columns of numbers")
        }
        var paths: [String] = []
        var rows: [TableFault.Row] = []
        var places: [String: Int] = [:]
        contents = try TableContents(file: path, columns) { row, text throws(DataError) in
            let name = PictureListing.plain(text)
            if let first = places.updateValue(rows.count, forKey: name) {
                throw .invalidTable(
                    path: path,
                    fault: .repeatedPicture(row, column: column, name: PictureListing.shown(name), first: rows[first]))
            }
            paths.append(name)
            rows.append(row)
        }
        self.source = source
        (self.paths, self.rows, self.places) = (paths, rows, places)
    }

    func names(_ path: String) -> Bool { places[path] != nil }

    /// Without blanks around it and parts that lead nowhere.
    private static func plain(_ text: String) -> String {
        text.trimmingSpaces.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    /// For messages: a field of a table may have any length, and hold anything.
    private static func shown(_ name: String) -> String {
        let scalars = name.unicodeScalars
        let shown = scalars.prefix(160).map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }
        return String(String.UnicodeScalarView(shown)) + (scalars.count > 160 ? "…" : "")
    }

    /// - Parameter found: paths of the pictures that are there.
    func check(found: Set<String>, _ choice: PictureChoice) throws(DataError) {
        let missing = paths.indices.filter { !found.contains(paths[$0]) }
        guard let first = missing.first else { return }
        let name = PictureListing.shown(paths[first])
        throw .invalidImageFolder(
            path: choice.source,
            fault: found.isEmpty
                ? .noListedPicture(
                    named: name, table: source, held: choice.unlisted.min(by: PictureChoice.precedes))
                : .missingPicture(name, row: rows[first], table: source, more: missing.count - 1))
    }

    /// The table has rows, and every picture of them is broken.
    var noSoundPicture: ImageFolderFault { .noSoundPicture(table: source) }
}

extension FiledPictures {
    /// Those that a table names, in the order of its rows, in the folder or in folders of it.
    convenience init(
        path: String, choice given: PictureChoice, listing: PictureListing, locations: DataLocations
    ) throws(DataError) {
        let root = ([path] + given.folder.map(String.init)).joined(separator: "/")
        var choice = given
        try FiledPictures.see(root, &choice)
        var files: [PictureFile] = []
        for name in listing.paths {
            // A name that the system would cut off, or that leads out of the folder, is that of no picture in it.
            guard ImageFolderFault.isPrintable(name), !name.split(separator: "/").contains(".."),
                let real = realPath("\(root)/\(name)"), !FiledPictures.isFolder(real)
            else { continue }
            try FiledPictures.check("\(root)/\(name)", real, locations)
            files.append(PictureFile(path: name, className: "", contents: .file(real)))
        }
        try listing.check(found: Set(files.map(\.path)), choice)
        self.init(choice: choice, files: files)
    }

    /// Tells the choice what lies in a folder and in its folders. Links to folders are not followed: they may lead in a
    /// circle.
    private static func see(_ root: String, _ choice: inout PictureChoice) throws(DataError) {
        let prefix = choice.folder.map { "\($0)/" }.joined()
        var open = [""]
        while let inner = open.popLast() {
            for name in try names(in: inner.isEmpty ? root : "\(root)/\(inner)") {
                let path = inner.isEmpty ? name : "\(inner)/\(name)"
                let (file, parent) = ("\(root)/\(path)", inner.isEmpty ? root : "\(root)/\(inner)")
                guard isFolder(file) else {
                    _ = choice.admits(prefix + path)
                    continue
                }
                if let real = realPath(file), real == realPath(parent).map({ "\($0)/\(name)" }) { open.append(path) }
            }
        }
    }
}

extension PictureDecoding {
    /// The pictures as the rows of a table have them, and the paths of those that are broken, in the same order.
    func examples(
        name: String, source: String, listing: PictureListing
    ) throws(DataError) -> (ExampleSet, skipped: [String]) {
        var numbers: [String: Int] = [:]
        for (number, path) in paths.enumerated() where numbers.updateValue(number, forKey: path) != nil {
            throw .invalidImageFolder(path: source, fault: .repeatedPath(path))
        }
        var (order, rows, skipped): ([Int], [Int], [String]) = ([], [], [])
        for (row, path) in listing.paths.enumerated() {
            guard let number = numbers[path] else {
                skipped.append(path)
                continue
            }
            order.append(number)
            rows.append(row)
        }
        guard !rows.isEmpty else { throw .invalidImageFolder(path: source, fault: listing.noSoundPicture) }
        let set = examples(
            name: name, source: source, order: order, labelling: listing.contents.labelling.selecting(rows))
        return (set, skipped)
    }
}
