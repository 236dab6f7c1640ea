internal import LuaBridge
internal import RLEditData
internal import RLEditRuns
internal import RLEditTensor

extension HostModules {
    /// Functions of `rledit.data` that read rows of named columns.
    static func addTables(to module: LuaModule, context: ScriptContext) {
        module.types(
            """
            Which columns of a file of rows mean what.
            @class rledit.TableOptions
            @field path string plain or compressed with gzip
            @field text string? the column of the texts; a set of texts is made of it
            @field inputs string[]? columns of numbers instead; a set of examples is made of them
            @field label string|{ column: string, at_least: number } the column of the labels; with `at_least`, 1 for a \
            number from there on and 0 below. Without more it holds 0 and 1, or -1 (which becomes 0) and 1
            @field labels table<string, integer>? which contents mean which label
            @field classes (integer|string[]|"sorted")? more than two classes: how many (labels from 0 on), their words in \
            order, or every word that occurs, sorted (whole numbers by size)
            @field group string? the column with the name of each row's group, empty for none
            @field groups (string[]|{ columns: string[], at_least: number? })? a column for each group: members have a number \
            from `at_least` (0.5) on; an empty field is not annotated, neither group nor background
            @field name string? the set's name; that of the file by default
            """
        )
        module.types(
            """
            @class rledit.CSVOptions: rledit.TableOptions
            @field separator string? what separates the columns, `","` by default; `" "` is any run of spaces and tabs, which is \
            the default where the first line is one whole number, the number of rows
            @field encoding ("utf-8"|"latin-1"|"utf-16")? UTF-8 by default; a byte order mark of UTF-16 is recognized
            @field skip_lines integer? lines before the row with the columns' names
            """
        )
        module.function(
            "csv",
            """
            Texts, or rows of numbers, with their labels from a CSV file (RFC 4180) whose first row names the columns. Rows
            keep the order of the file. A row that does not fit is an error with its number, the header being row 1. The
            file is read row by row, and only the named columns are kept.

            ```
            local set = data.csv { path = "reviews.csv", text = "review", label = "verdict", labels = { good = 0, bad = 1 } }
            local civil = data.csv {
              path = "civil_comments.csv", text = "comment_text", label = { column = "target", at_least = 0.5 },
              groups = { "male", "female", "black", "white" },
            }
            local flowers = data.csv { path = "iris.csv", inputs = { "length", "width" }, label = "kind", classes = "sorted" }
            ```

            In a file with runs of blanks, a line before the header that is one whole number is the number of rows, and where
            the rows have one field more than the header, the first column is called `file`: so a list of CelebA's attributes is
            read as it is.
            @param options rledit.CSVOptions
            @return rledit.TextSet|rledit.Set
            @return string[]? words the words of the labels 0, 1, … with `classes = "sorted"`
            """
        ) { call in try table(call, context, "rledit.data.csv", csvFormat) }
        module.function(
            "jsonl",
            """
            The same from a file of JSON Lines: an object a line, in UTF-8, whose fields are the columns. Numbers count as they
            are written, `true` and `false` as 1 and 0, `null` and a missing field of a group as empty.

            ```
            local set = data.jsonl { path = "reviews.jsonl", text = "review", label = "stars", classes = 5 }
            ```
            @param options rledit.TableOptions
            @return rledit.TextSet|rledit.Set
            @return string[]? words as of `csv`
            """
        ) { call in try table(call, context, "rledit.data.jsonl") { _ in .jsonLines } }
    }

    /// `separator`, `encoding` and `skip_lines`.
    static func csvFormat(_ options: LuaOptions) throws -> TableColumns.Format {
        let skipped = try options.optional("skip_lines", as: Int.self) ?? 0
        guard skipped >= 0, skipped <= 1000 else {
            throw options.fieldError("skip_lines", "between 0 and 1000 expected, got \(skipped)")
        }
        let encoding = try options.word("encoding", among: TextEncoding.allCases.map { ($0.rawValue, $0) })
        return .csv(separator: try separator(options), encoding: encoding ?? .utf8, skippedLines: skipped)
    }

    private static func table(
        _ call: LuaCall, _ context: ScriptContext, _ owner: String,
        _ format: (LuaOptions) throws -> TableColumns.Format
    ) throws -> LuaResults {
        try call.atMost(1)
        let options = try call.options(1, of: owner)
        let path = try options.required("path", as: String.self)
        let columns = try columns(options, try inputs(options), format)
        let isByClasses = try options.value("classes").isNil == false
        let name = try options.optional("name", as: String.self) ?? fileName(path)
        try options.finish()
        let contents = try reading(path, columns.labels, isByClasses: isByClasses, call, context) {
            try TableContents(file: $0, columns)
        }
        warn(of: contents, path, owner, call)
        let hash: String
        let set: LuaValue
        switch contents.inputs {
        case .numbers:
            let examples = try told { try ExampleSet(contents, name: name, source: path) }
            set = .object(try call.host.makeObject(ScriptSet(examples: examples, inputBytes: examples.inputBytes)))
            hash = examples.contentHash
        case .texts:
            let texts = try told { try TextSet(contents, name: name, source: path) }
            set = .object(try call.host.makeObject(ScriptTextSet(texts: texts, textBytes: texts.byteCount)))
            hash = texts.contentHash
        }
        context.noteUse(of: Manifest.DataSource(name: name, file: path, hash: hash))
        guard case .sorted = columns.labels else { return try call.returns(set) }
        return try call.returns(set, contents.classes)
    }

    /// What is made of the file that a path names, links followed. A fault tells the field that reads such a file.
    static func reading<Contents>(
        _ path: String, _ labels: TableColumns.Labels, isByClasses: Bool, _ call: LuaCall, _ context: ScriptContext,
        _ make: (String) throws -> Contents
    ) throws -> Contents {
        do {
            let resolved = try context.locations.resolve(path)
            try call.host.checkRoom(forElements: try sizeOfFile(resolved) / 4)
            return try make(resolved)
        } catch let error as DataError {
            throw LuaUsageError(error.description + remedy(error, labels, isByClasses: isByClasses))
        }
    }

    static func warn(of contents: TableContents, _ path: String, _ owner: String, _ call: LuaCall) {
        guard let missing = contents.missingClasses else { return }
        call.host.warningSink("warning: \(owner): '\(path)' has no row of \(missing)")
    }

    /// `text = "review"` or `inputs = { "length", "width" }`.
    private static func inputs(_ options: LuaOptions) throws -> TableColumns.Inputs {
        guard let names = try names("inputs", options) else {
            return .texts(try options.required("text", as: String.self))
        }
        guard try options.optional("text", as: String.self) == nil else {
            throw options.fieldError("inputs", "columns of numbers instead of 'text' expected, not both")
        }
        return .numbers(names)
    }

    /// The fields of labels and groups, and those of the format.
    static func columns(
        _ options: LuaOptions, _ inputs: TableColumns.Inputs, _ format: (LuaOptions) throws -> TableColumns.Format
    ) throws -> TableColumns {
        let (label, threshold) = try label(options)
        let named = try labelNames(options)
        let classes = try classes(options)
        let labels = [threshold.map { TableColumns.Labels.atLeast($0) }, named.map { .named($0) }, classes].compactMap {
            $0
        }
        guard labels.count <= 1 else {
            throw options.fieldError("label", "one of 'at_least', 'labels' and 'classes' expected, not several")
        }
        return TableColumns(
            inputs, label: label, labels: labels.first ?? .two, groups: try groups(options), format: try format(options)
        )
    }

    /// `label = "toxic"` or `label = { column = "target", at_least = 0.5 }`.
    private static func label(_ options: LuaOptions) throws -> (column: String, atLeast: Double?) {
        guard case .table = try options.value("label") else {
            return (try options.required("label", as: String.self), nil)
        }
        let fields = try options.options("label")
        let result = (try fields.required("column", as: String.self), try fields.required("at_least", as: Double.self))
        try fields.finish()
        return (result.0, result.1)
    }

    /// `classes = 5`, `classes = { "cat", "dog" }` or `classes = "sorted"`.
    private static func classes(_ options: LuaOptions) throws -> TableColumns.Labels? {
        switch try options.value("classes") {
        case .nil: return nil
        case .string:
            return try options.word("classes", among: [("sorted", TableColumns.Labels.sorted)])
        case .table:
            let words = try names("classes", options) ?? []
            return .named(words.enumerated().map { ($0.element, $0.offset) })
        default:
            let count = try options.required("classes", as: Int.self)
            guard count >= 2, count <= 1 << 16 else {
                throw options.fieldError("classes", "between 2 and \(1 << 16) expected, got \(count)")
            }
            return .numbers(classes: count)
        }
    }

    /// `group = "who"`, `groups = { "male", "female" }` or `groups = { columns = …, at_least = 0.5 }`.
    private static func groups(_ options: LuaOptions) throws -> TableColumns.Groups? {
        let column = try options.optional("group", as: String.self)
        guard case .table(let table) = try options.value("groups") else {
            _ = try options.optional("groups", as: LuaTable.self)
            return column.map { .names($0) }
        }
        guard column == nil else { throw options.fieldError("groups", "'group' or 'groups' expected, not both") }
        if case .nil = try table.get("columns") {
            return try names("groups", options).map { .members($0, atLeast: 0.5) }
        }
        let fields = try options.options("groups")
        let columns = try names("columns", fields) ?? []
        let threshold = try fields.optional("at_least", as: Double.self) ?? 0.5
        try fields.finish()
        return .members(columns, atLeast: threshold)
    }

    /// A list of names, not empty; nil when it is absent.
    private static func names(_ field: String, _ options: LuaOptions) throws -> [String]? {
        guard let table = try options.optional(field, as: LuaTable.self) else { return nil }
        let names: [String]
        do { names = try table.array(of: String.self, limit: 1 << 16) } catch let error as LuaUsageError {
            throw options.fieldError(field, error.description)
        }
        guard !names.isEmpty else { throw options.fieldError(field, "a list of names expected, got an empty one") }
        if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
            throw options.fieldError(field, "'\(names[twice])' is named twice")
        }
        return names
    }

    /// `separator = ";"`.
    private static func separator(_ options: LuaOptions) throws -> TableFault.Separator? {
        guard let text = try options.optional("separator", as: String.self) else { return nil }
        guard let byte = text.utf8.first, text.utf8.count == 1, byte < 0x80, !"\"\r\n".utf8.contains(byte) else {
            throw options.fieldError("separator", "one character expected, such as \";\" or \"\\t\"")
        }
        return TableFault.Separator(byte)
    }

    /// The field that reads a file of this kind, after a semicolon; empty for other faults.
    private static func remedy(
        _ error: DataError, _ labels: TableColumns.Labels, isByClasses: Bool
    ) -> String {
        guard case .invalidTable(_, let fault) = error else { return "" }
        switch fault {
        case .otherSeparator(_, _, let found, _), .unseparated(_, let found, _):
            return "; separator = \"\(found)\" reads it"
        case .invalidLabel(_, _, let label, _):
            switch labels {
            case .two: return "; labels = { [\"\(label)\"] = 0, … } says which class each label is"
            case .named: return isByClasses ? "; add \"\(label)\" to classes" : "; add [\"\(label)\"] = … to labels"
            default: return ""
            }
        default: return ""
        }
    }

    /// `labels = { NOT_BAD = 0, BAD = 1 }`, in the order of the labels for messages.
    private static func labelNames(_ options: LuaOptions) throws -> [(text: String, label: Int)]? {
        guard let table = try options.optional("labels", as: LuaTable.self) else { return nil }
        var names: [(text: String, label: Int)] = []
        for key in try table.sortedKeys() {
            guard let label = try table.get(key).integer, label >= 0 else {
                throw options.fieldError("labels", "a label from 0 on expected for each name")
            }
            switch key {
            case .string(let name): names.append((name.text, label))
            case .integer(let name): names.append(("\(name)", label))
            default: throw options.fieldError("labels", "names expected as keys, got a \(key.typeName)")
            }
        }
        guard !names.isEmpty else { throw options.fieldError("labels", "names no label") }
        return names.sorted { ($0.label, $0.text) < ($1.label, $1.text) }
    }
}

extension LuaValue {
    /// A whole number; nil for anything else.
    fileprivate var integer: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }
}
