internal import RLEditCore

/// Why a folder or an archive does not hold pictures as a set needs them: a folder for each class, the pictures in it.
public enum ImageFolderFault: Equatable, Sendable, CustomStringConvertible {
    /// No picture lies in a folder of a class; `deeper` is the path of one that lies deeper, `higher` of one beside the
    /// folders.
    case noPicture(folder: String, deeper: String?, higher: String?)
    /// A picture in a folder of its own inside a class.
    case nested(String)
    case missingClass(String, known: [String])
    case emptyClass(String)
    /// A class of which every picture is broken.
    case brokenClass(String)
    /// A picture that a row of a table names; `more` such rows follow.
    case missingPicture(String, row: TableFault.Row, table: String, more: Int)
    /// None of the pictures that a table names, the first of which is `named`; `held` is another picture.
    case noListedPicture(named: String, table: String, held: String?)
    /// Every picture that a table names is broken.
    case noSoundPicture(table: String)
    /// A class that was asked for twice.
    case repeatedClass(String)
    /// Two members of an archive with one path.
    case repeatedPath(String)
    /// A member of an archive that only points at another.
    case link(String)
    /// A name with control characters, or one that is not UTF-8.
    case unusableName(in: String)
    /// The decoded pictures pass the memory that there is.
    case tooManyBytes(limit: Int)

    static func isPrintable(_ name: String) -> Bool {
        !name.unicodeScalars.contains { $0 == "\u{FFFD}" || $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
    }

    public var description: String {
        switch self {
        case .noPicture(_, let deeper?, _):
            "holds pictures deeper than in a folder for each class, as '\(deeper)': name the folder that holds the classes, "
                + "folder = \"\(deeper.split(separator: "/").dropLast(2).joined(separator: "/"))\""
        case .noPicture(_, _, let higher?):
            "holds pictures without a class, as '\(higher)': expected a folder for each class, with the pictures in it"
        case .noPicture(let folder, _, _):
            "holds no JPEG or PNG picture\(folder.isEmpty ? "" : " in '\(folder)'"): expected a folder for each class, with the "
                + "pictures in it"
        case .nested(let path):
            "holds '\(path)', a picture in a folder inside a class: expected the pictures in the class's folder"
        case .missingClass(let name, let known):
            "holds no picture of class '\(name)'; it has \(NearestName.list(known.map { "'\($0)'" }, near: name))"
        case .emptyClass(let name):
            "holds no picture of class '\(name)': remove its folder, or list the classes to read"
        case .brokenClass(let name): "holds no picture of class '\(name)' that is sound"
        case .missingPicture(let path, let row, let table, let more):
            "holds no picture '\(path)', which \(row) of '\(table)' names"
                + (more == 0
                    ? ""
                    : more == 1 ? " (another row lacks its picture, too)" : " (\(more) more rows lack theirs, too)")
                + ": add the picture, or remove the row"
        case .noListedPicture(let named, let table, let held):
            "holds none of the pictures that '\(table)' names, as '\(named)'; it holds "
                + (held.map { "'\($0)'" } ?? "no JPEG or PNG picture")
                + ": the column of paths inside of it is chosen by file = …"
        case .noSoundPicture(let table): "holds only broken pictures of those that '\(table)' names"
        case .repeatedClass(let name): "cannot be read with class '\(name)' twice"
        case .repeatedPath(let path): "holds '\(path)' twice"
        case .link(let path):
            "holds '\(path)' as a link, which is not followed: make the archive with tar --dereference --hard-dereference"
        case .unusableName(let folder):
            "holds a name in '\(folder)' that is not UTF-8 or has control characters: rename the file"
        case .tooManyBytes(let limit):
            "holds pictures that take more than the \(limit >> 20) MB of memory that are left: give a smaller size, or fewer classes"
        }
    }
}
