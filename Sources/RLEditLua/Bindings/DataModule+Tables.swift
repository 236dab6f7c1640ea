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
            @field labels_from integer? the number that becomes label 0, with a number of classes; 0 by default
            @field group string? the column with the name of each row's group, empty for none
            @field groups (string[]|{ columns: string[], at_least: number? })? a column for each group: members have a number \
            from `at_least` (0.5) on; an empty field is not annotated, neither group nor background
            @field weight string? the column that says how much each row counts in training, a number of 0 or more
            @field skip_empty boolean? leave out rows whose text is empty, with a warning that counts them
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
        return try call.returns(set, contents.labelling.classNames)
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
        if contents.skippedRows > 0 {
            let rows = "\(contents.skippedRows) row\(contents.skippedRows == 1 ? "" : "s")"
            call.host.warningSink("warning: \(owner): \(rows) of '\(path)' left out: the text is empty")
        }
        guard let missing = contents.missingClasses else { return }
        call.host.warningSink("warning: \(owner): '\(path)' has no row of \(missing)")
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
        case .emptyText: return "; skip_empty = true leaves such rows out"
        default: return ""
        }
    }
}
