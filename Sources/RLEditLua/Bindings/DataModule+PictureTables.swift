internal import LuaBridge
internal import RLEditData

/// The fields of `rledit.data.image_folder` that are about a table.
struct PictureTable {
    let path: String
    let columns: TableColumns
    let isByClasses: Bool
}

extension HostModules {
    /// `table`, `file`, and the fields that `rledit.data.csv` has for labels, groups and the file; nil without a table.
    static func pictureTable(_ options: LuaOptions) throws -> PictureTable? {
        guard let path = try options.optional("table", as: String.self) else {
            for field in tableFields {
                guard try options.value(field).isNil else {
                    throw options.fieldError(field, "'table', the file that it is about, expected, too")
                }
            }
            return nil
        }
        let file = try options.optional("file", as: String.self) ?? "file"
        let columns = try columns(options, .texts(file), csvFormat)
        return PictureTable(path: path, columns: columns, isByClasses: try !options.value("classes").isNil)
    }

    /// Reads the table.
    static func pictureListing(
        _ table: PictureTable, _ call: LuaCall, _ context: ScriptContext
    ) throws -> PictureListing {
        let listing = try reading(
            table.path, table.columns.labels, isByClasses: table.isByClasses, call, context
        ) { try PictureListing(table: $0, source: table.path, columns: table.columns) }
        warn(of: listing.contents, table.path, "rledit.data.image_folder", call)
        return listing
    }
}
