internal import Foundation

/// A picture that has not been decoded yet.
struct PictureFile: Sendable {
    /// Below the folder of classes: `class/file`. Of a picture that a table names, below the folder that it is about.
    let path: String
    /// Empty for a picture that a table names.
    let className: String
    let contents: Contents

    enum Contents: Sendable {
        case bytes([UInt8])
        /// A file to read: its path, which has no links any more.
        case file(String)
    }

    /// For bounds on what is in memory.
    var byteCount: Int { if case .bytes(let bytes) = contents { bytes.count } else { 0 } }
}

/// Pictures that are read one after the other.
protocol PictureSource: AnyObject {
    func next() throws(DataError) -> PictureFile?
}

/// Which paths are pictures of the wanted classes or of a table, and what else was seen.
struct PictureChoice {
    let source: String
    let folder: [Substring]
    let wanted: Set<String>?
    /// Folders in one another that make a class.
    private let depth: Int
    private let listing: PictureListing?
    private(set) var classes: Set<String> = []
    private(set) var deeper: String?
    private(set) var higher: String?
    /// Pictures that the table does not name.
    private(set) var unlisted: [String] = []

    init(source: String, folder: String, wanted: [String]?, depth: Int = 1, listing: PictureListing? = nil) {
        self.source = source
        self.folder = folder.split(separator: "/").filter { $0 != "." }
        self.wanted = wanted.map(Set.init)
        self.depth = depth
        self.listing = listing
    }

    /// Class and path below the folder of classes; nil for what is no picture of a wanted class. The class is empty where a
    /// table names the pictures, whatever their names end in.
    mutating func admits(_ path: String) -> (className: String, path: String)? {
        let parts = path.split(separator: "/")
        guard parts.count > folder.count, parts.prefix(folder.count).elementsEqual(folder), let name = parts.last else {
            return nil
        }
        let rest = parts.dropFirst(folder.count)
        if let listing, case let path = rest.joined(separator: "/"), listing.names(path) { return ("", path) }
        // Hidden files, among them those that macOS adds to archives.
        if rest.contains(where: { $0.hasPrefix(".") }) { return nil }
        guard let dot = name.lastIndex(of: "."),
            PictureFormat.endings.contains(name[name.index(after: dot)...].lowercased())
        else { return nil }
        if listing != nil {
            unlisted.append(rest.joined(separator: "/"))
            return nil
        }
        guard rest.count > depth else {
            if higher == nil { higher = path }
            return nil
        }
        let className = rest.prefix(depth).joined(separator: "/")
        classes.insert(className)
        if let wanted, !wanted.contains(className) { return nil }
        guard rest.count == depth + 1 else {
            if deeper == nil { deeper = path }
            return nil
        }
        return (className, rest.joined(separator: "/"))
    }

    /// In the order of their bytes.
    static func precedes(_ one: String, _ other: String) -> Bool { one.utf8.lexicographicallyPrecedes(other.utf8) }

    /// - Parameter found: the classes of which pictures were read.
    func check(found: Set<String>) throws(DataError) {
        func fail(_ fault: ImageFolderFault) -> DataError { .invalidImageFolder(path: source, fault: fault) }
        let missing = (wanted ?? classes).subtracting(found)
        if deeper == nil, !classes.isEmpty, let first = missing.min(by: PictureChoice.precedes) {
            let isThere = classes.contains(first)
            throw fail(
                isThere ? .brokenClass(first) : .missingClass(first, known: classes.sorted(by: PictureChoice.precedes)))
        }
        if found.isEmpty {
            throw fail(.noPicture(folder: folder.joined(separator: "/"), deeper: deeper, higher: higher))
        }
        if let deeper { throw fail(.nested(deeper)) }
    }
}

/// The members of a tar archive, in its order.
final class ArchivedPictures: PictureSource {
    private let archive: TarReader
    private(set) var choice: PictureChoice

    init(path: String, choice: PictureChoice) throws(DataError) {
        archive = try TarReader(path: path)
        self.choice = choice
    }

    func next() throws(DataError) -> PictureFile? {
        while let member = try archive.next() {
            guard let (className, path) = choice.admits(member.path) else { continue }
            guard !member.isLink else { throw .invalidImageFolder(path: archive.path, fault: .link(member.path)) }
            guard member.size <= Picture.largestFile else {
                throw .invalidPicture(
                    path: path, archive: archive.path,
                    fault: .fileTooLarge(bytes: member.size, limit: Picture.largestFile))
            }
            return PictureFile(
                path: path, className: className,
                contents: .bytes(try archive.contents(longest: Picture.largestFile)))
        }
        return nil
    }
}

/// The files of a folder, by class, then by name.
final class FiledPictures: PictureSource {
    private(set) var choice: PictureChoice
    private var files: [PictureFile] = []
    private var position = 0

    init(choice: PictureChoice, files: [PictureFile]) {
        self.choice = choice
        self.files = files
    }

    /// - Parameter locations: say where links may lead.
    init(path: String, choice given: PictureChoice, locations: DataLocations) throws(DataError) {
        choice = given
        let root = ([path] + given.folder.map(String.init)).joined(separator: "/")
        for className in try FiledPictures.names(in: root) {
            let folder = "\(root)/\(className)"
            let prefix = (given.folder.map(String.init) + [className]).joined(separator: "/")
            guard FiledPictures.isFolder(folder) else {
                _ = choice.admits(prefix)
                continue
            }
            if let wanted = given.wanted, !wanted.contains(className) {
                _ = choice.admits("\(prefix)/_.png")
                continue
            }
            let before = files.count
            for name in try FiledPictures.names(in: folder) {
                guard let picture = choice.admits("\(prefix)/\(name)") else {
                    try noteDeeper(name, in: folder, prefix: prefix)
                    continue
                }
                guard let real = realPath("\(folder)/\(name)") else {
                    throw .unreadableFile(path: "\(folder)/\(name)", reason: "its link leads nowhere")
                }
                try FiledPictures.check("\(folder)/\(name)", real, locations)
                files.append(PictureFile(path: picture.path, className: className, contents: .file(real)))
            }
            if files.count == before, choice.deeper == nil {
                throw .invalidImageFolder(path: given.source, fault: .emptyClass(className))
            }
        }
    }

    func next() throws(DataError) -> PictureFile? {
        guard position < files.count else { return nil }
        position += 1
        return files[position - 1]
    }

    /// - Parameter real: what the path leads to.
    static func check(_ path: String, _ real: String, _ locations: DataLocations) throws(DataError) {
        guard locations.permits(real) else {
            throw .pathRefused(path: path, reason: "its link leads out of the data roots; that needs --allow FILE")
        }
    }

    /// A folder inside a class: what it holds tells how to go on.
    private func noteDeeper(_ name: String, in folder: String, prefix: String) throws(DataError) {
        guard choice.deeper == nil, FiledPictures.isFolder("\(folder)/\(name)") else { return }
        for inner in try FiledPictures.names(in: "\(folder)/\(name)") {
            _ = choice.admits("\(prefix)/\(name)/\(inner)")
        }
    }

    /// Visible names, in the order of their bytes.
    static func names(in folder: String) throws(DataError) -> [String] {
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
            throw .unreadableFile(
                path: folder, reason: isFolder(folder) ? "it may not be listed" : "there is no such folder")
        }
        let visible = names.filter { !$0.hasPrefix(".") }
        guard visible.allSatisfy(ImageFolderFault.isPrintable) else {
            throw .invalidImageFolder(path: folder, fault: .unusableName(in: folder))
        }
        return visible.sorted(by: PictureChoice.precedes)
    }

    static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }
}
