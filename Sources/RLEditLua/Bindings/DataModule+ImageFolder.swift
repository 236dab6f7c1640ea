internal import LuaBridge
internal import RLEditCore
internal import RLEditData
internal import RLEditRuns

extension HostModules {
    /// `rledit.data.image_folder`.
    static func addImageFolder(to module: LuaModule, context: ScriptContext) {
        module.types(
            """
            @alias rledit.Normalization "imagenet"|"cifar10"|{ mean: number[], std: number[] }
            @class rledit.ImageFolderOptions
            @field path string a folder, or a tar archive, plain or compressed with gzip
            @field folder string? the folder inside it that holds the folders of classes; itself by default
            @field size integer? the side of the square that each picture is brought to, at most 4096: its shorter side is resized, then its middle is cut out, as torchvision's `Resize` and `CenterCrop` do; by default all pictures must have one size
            @field classes (string[]|integer|"sorted")? the classes to read, in the order of their labels; by default all, sorted. With `table` as of `rledit.data.csv`
            @field grey boolean? one channel in place of red, green and blue
            @field normalize rledit.Normalization? `"imagenet"`, `"cifar10"` or `{ mean = { … }, std = { … } }`; by default values are in 0 … 1
            @field skip_broken boolean? do without broken pictures; their paths are the third result
            @field table string? a CSV file or a list as that of CelebA's attributes, a row for each picture; the pictures lie in the folder or in folders of it, and the set has the order of the rows
            @field file string? with `table`: the column of the pictures' paths inside the folder, `file` by default
            @field label (string|{ column: string, at_least: number })? with `table`: the column of the labels, which is needed; it and the fields that follow are those of `rledit.data.csv`
            @field labels table<string, integer>? with `table`
            @field group string? with `table`
            @field groups (string[]|{ columns: string[], at_least: number? })? with `table`
            @field separator string? with `table`
            @field encoding ("utf-8"|"latin-1"|"utf-16")? with `table`
            @field skip_lines integer? with `table`
            @field name string? of the set, `pictures` by default
            """)
        module.function(
            "image_folder",
            """
            A set of the JPEG and PNG pictures in a folder for each class, or in a tar archive of such folders, which is read
            without being unpacked. Pictures come in the order of their paths; an example is `{ channels, rows, columns }`.

            Pictures are turned upright as their orientation tag says. CMYK becomes RGB, 16 bits become 8, alpha is dropped. They
            are decoded once, by all workers, and kept as bytes; `normalize` is applied when they enter a network:
            `"imagenet"` is what torchvision's networks expect. A broken picture is an error that names it.

            ```
            local photos, classes = data.image_folder { path = "photos.tar.gz", size = 32, normalize = "imagenet" }
            local faces = data.image_folder {
              path = "img_align_celeba", table = "list_attr_celeba.txt", label = "Smiling", groups = { "Male", "Young" }, size = 64,
            }
            ```

            With `table` every row must name a picture that is there, and none twice. Pictures without a row are left out.
            @param options rledit.ImageFolderOptions
            @return rledit.Set
            @return string[] classes names of the labels: label 0 has the first; empty for a table whose labels have no names
            @return string[] skipped paths of broken pictures, with `skip_broken`
            @return string[] unlisted paths of pictures that the table does not name
            """
        ) { call in try imageFolder(call, context) }
    }

    private static func imageFolder(_ call: LuaCall, _ context: ScriptContext) throws -> LuaResults {
        try call.atMost(1)
        let options = try call.options(1, of: "rledit.data.image_folder")
        let path = try options.required("path", as: String.self)
        var wanted = ImageFolder.Options()
        wanted.folder = try options.optional("folder", as: String.self) ?? ""
        wanted.size = try options.optional("size", as: Int.self)
        wanted.isGrey = try options.optional("grey", as: Bool.self) ?? false
        wanted.skipsBroken = try options.optional("skip_broken", as: Bool.self) ?? false
        wanted.normalization = try normalization(options, channels: wanted.isGrey ? 1 : 3)
        let table = try pictureTable(options)
        if table == nil, let classes = try options.optional("classes", as: LuaTable.self) {
            do { wanted.classes = try classes.array(of: String.self) } catch let error as LuaUsageError {
                throw options.fieldError("classes", error.description)
            }
            if wanted.classes?.isEmpty == true { throw options.fieldError("classes", "at least one name expected") }
        }
        let name = try options.optional("name", as: String.self) ?? "pictures"
        try options.finish()
        if let size = wanted.size, !(1...ImageFolder.largestSize).contains(size) {
            throw options.fieldError("size", "between 1 and \(ImageFolder.largestSize) expected, got \(size)")
        }
        wanted.mostBytes = try call.host.freeBytes()
        let listing = try table.map { try pictureListing($0, call, context) }
        let read = try told {
            let resolved = try context.locations.resolve(path)
            guard let listing else {
                return try ImageFolder(
                    path: resolved, name: name, source: path, options: wanted, locations: context.locations,
                    pool: context.pool)
            }
            return try ImageFolder(
                path: resolved, name: name, source: path, options: wanted, listing: listing,
                locations: context.locations, pool: context.pool)
        }
        context.noteUse(of: Manifest.DataSource(name: name, file: path, hash: read.examples.contentHash))
        let set = try call.host.makeObject(
            ScriptSet(examples: read.examples, inputBytes: read.examples.inputBytes))
        let lists = try [read.classes, read.skipped, read.unlisted].map { LuaValue.table(try call.host.makeTable($0)) }
        return try call.returns(list: [.object(set)] + lists)
    }

    /// The field `normalize`: a name, or the numbers.
    static func normalization(_ options: LuaOptions, channels: Int) throws -> Normalization? {
        let field = "normalize"
        func fail(_ reason: String) -> LuaUsageError { options.fieldError(field, reason) }
        let normalization: Normalization
        switch try options.value(field) {
        case .nil: return nil
        case .string(let name):
            let names = Normalization.named.map(\.name)
            guard let known = Normalization.named.first(where: { $0.name == name.text }) else {
                throw fail(
                    "unknown normalization '\(name.text)'" + NearestName.help(for: name.text, among: names, of: "names")
                )
            }
            normalization = known.value
        case .table:
            let numbers = try options.options(field)
            func list(_ name: String) throws -> [Float] {
                do {
                    return try numbers.required(name, as: LuaTable.self).array(of: Double.self).map { Float($0) }
                } catch let error as LuaUsageError {
                    throw error.description.contains(numbers.owner)
                        ? error : numbers.fieldError(name, error.description)
                }
            }
            let (mean, deviation) = (try list("mean"), try list("std"))
            try numbers.finish()
            do { normalization = try Normalization(mean: mean, deviation: deviation) } catch {
                throw fail(error.description.replacing("normalize: ", with: ""))
            }
        case let other: throw fail("a name or a table with mean and std expected, got \(other.typeName)")
        }
        guard normalization.mean.count == channels else {
            throw fail(
                "the pictures have \(channels) channel\(channels == 1 ? "" : "s"), and the mean has \(normalization.mean.count)"
            )
        }
        return normalization
    }
}
