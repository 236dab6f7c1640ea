internal import LuaBridge
internal import RLEditData
internal import RLEditRuns
internal import RLEditTensor

extension HostModules {
    /// Functions of `rledit.data` that give texts and vocabularies.
    static func addTexts(to module: LuaModule, context: ScriptContext) {
        module.function(
            "csv",
            """
            Texts and their labels from a CSV file (RFC 4180, plain or compressed with gzip) whose first row names the
            columns. `text`, `label` and `group` are names of columns; a label is 0 or 1 unless `labels` says which
            contents mean which label; a group is a name, or empty for none. `separator` separates the columns, `","` by
            default. Texts keep the order of the file. A row that does not fit is an error with its number, the header
            being row 1.

            ```
            local set = data.csv { path = "reviews.csv", text = "review", label = "verdict", labels = { good = 0, bad = 1 } }
            ```
            @param options { path: string, text: string, label: string, group: string?, labels: table<string, \
            integer>?, separator: string?, name: string? }
            @return rledit.TextSet
            """
        ) { call in try csv(call, context) }
        module.function(
            "texts",
            """
            Texts of your own, with a label (an integer from 0 on) for each.
            @param options { texts: string[], labels: integer[], name: string? }
            @return rledit.TextSet
            """
        ) { call in try texts(call) }
        module.function(
            "vocabulary",
            """
            The words of some texts, most frequent first: what makes examples for a network from texts. Words that occur
            less than `minimum_count` times (1 by default) are left out, and no more than `maximum_size` (5000) are
            kept. A word is a run of letters and digits in lower case, apostrophes inside it included. `weights` says
            which number a word of a text gets: with `"binary"` (the default) 1, with `"counts"` how often it occurs, with
            `"tfidf"` that times its inverse document frequency, each text scaled to length 1.
            @param set rledit.TextSet
            @param options? { minimum_count: integer?, maximum_size: integer?, weights: ("binary"|"counts"|"tfidf")? }
            @return rledit.Vocabulary
            """
        ) { call in try vocabulary(call) }
        module.function(
            "comments",
            """
            Comments with the label 1 for toxic ones: Jigsaw's if a data root holds `jigsaw/comments.csv` (columns
            `comment_text` and `toxic`; the first 70 % are for training, the next 10 % for validation, the rest for
            testing), else generated ones, in inoffensive words; the field `source` says which. In the generated
            training comments some identity terms occur almost only in toxic comments: that bias is planted.
            @return rledit.Comments
            """
        ) { call in
            try call.options(1, of: "rledit.data.comments").finish()
            let comments = try told { try Comments.comments(locations: context.locations) }
            if comments.source == "generated" { context.hasStandInComments = true }
            context.noteUse(of: Manifest.DataSource(name: comments.name, file: comments.file, hash: comments.hash))
            return try call.returns(try ScriptComments(comments, host: call.host))
        }
        module.function(
            "templates",
            """
            Sentences that say the same of each of many identity terms, half of them toxic, with a group for each term:
            Conversation AI's if a data root holds `jigsaw/bias_madlibs_77k.csv` and `jigsaw/identity_terms.txt` beside
            the comments, else generated ones, about trades and pastimes. They go with `comments()`.
            @return rledit.Templates
            """
        ) { call in
            try call.options(1, of: "rledit.data.templates").finish()
            let templates = try told { try Templates.templates(locations: context.locations) }
            if templates.source == "generated" { context.hasStandInComments = true }
            context.noteUse(of: Manifest.DataSource(name: templates.name, file: templates.file, hash: templates.hash))
            return try call.returns(try ScriptTemplates(templates, host: call.host))
        }
    }

    /// `csv { path = …, text = …, label = …, group = …, labels = …, separator = …, name = … }`.
    private static func csv(_ call: LuaCall, _ context: ScriptContext) throws -> LuaResults {
        try call.atMost(1)
        let options = try call.options(1, of: "rledit.data.csv")
        let path = try options.required("path", as: String.self)
        var columns = TextSet.CSVColumns(
            text: try options.required("text", as: String.self), label: try options.required("label", as: String.self),
            group: try options.optional("group", as: String.self))
        columns.labels = try labelNames(options)
        columns.separator = try separator(options)
        let name = try options.optional("name", as: String.self) ?? fileName(path)
        try options.finish()
        let set: TextSet
        do {
            let resolved = try context.locations.resolve(path)
            try call.host.checkRoom(forElements: try sizeOfFile(resolved) / 4)
            set = try TextSet(csv: resolved, name: name, source: path, columns: columns)
        } catch let error as DataError {
            throw LuaUsageError(error.description + remedy(error, hasLabels: columns.labels != nil))
        }
        context.noteUse(of: Manifest.DataSource(name: name, file: path, hash: set.contentHash))
        return try call.returns(ScriptTextSet(texts: set, textBytes: set.byteCount))
    }

    /// `separator = ";"`.
    private static func separator(_ options: LuaOptions) throws -> CSVFault.Separator {
        guard let text = try options.optional("separator", as: String.self) else { return .comma }
        guard let byte = text.utf8.first, text.utf8.count == 1, byte < 0x80, !"\"\r\n".utf8.contains(byte) else {
            throw options.fieldError("separator", "one character expected, such as \";\" or \"\\t\"")
        }
        return CSVFault.Separator(byte)
    }

    /// The field that reads a file of this kind, after a semicolon; empty for other faults.
    private static func remedy(_ error: DataError, hasLabels: Bool) -> String {
        guard case .invalidCSV(_, let fault) = error else { return "" }
        switch fault {
        case .otherSeparator(_, _, let found, _), .unseparated(_, let found, _):
            return "; separator = \"\(found)\" reads it"
        case .invalidLabel(_, _, let label, _) where !hasLabels:
            return "; labels = { [\"\(label)\"] = 0, … } says which class each label is"
        case .invalidLabel(_, _, let label, _): return "; add [\"\(label)\"] = … to labels"
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

    /// A path's last part without its endings.
    static func fileName(_ path: String) -> String {
        let file = path.split(separator: "/").last ?? ""
        let name = file.split(separator: ".").first.map(String.init) ?? ""
        return name.isEmpty ? path : name
    }

    /// `texts { texts = {…}, labels = {…}, name = … }`.
    private static func texts(_ call: LuaCall) throws -> LuaResults {
        try call.atMost(1)
        let options = try call.options(1, of: "rledit.data.texts")
        let texts = try options.required("texts", as: LuaTable.self).array(of: String.self)
        let labels = try options.labels("labels")
        let name = try options.optional("name", as: String.self) ?? "texts"
        try options.finish()
        let set = try told(by: options) { try TextSet(name: name, source: "script", texts: texts, labels: labels) }
        return try call.returns(ScriptTextSet(texts: set, textBytes: set.byteCount))
    }

    /// `vocabulary(set, { minimum_count = …, maximum_size = …, weights = … })`.
    private static func vocabulary(_ call: LuaCall) throws -> LuaResults {
        try call.atMost(2)
        let set = try call.argument(1, as: TextSet.self)
        let options = try call.options(2, of: "rledit.data.vocabulary")
        let minimumCount = try options.optional("minimum_count", as: Int.self) ?? 1
        let maximumSize = try options.optional("maximum_size", as: Int.self) ?? 5000
        let weights = try options.word("weights", among: Vocabulary.Weights.allCases.map { ($0.rawValue, $0) })
        try options.finish()
        guard minimumCount >= 1 else {
            throw options.fieldError("minimum_count", "at least 1 expected, got \(minimumCount)")
        }
        guard maximumSize >= 1, maximumSize <= Vocabulary.largestSize else {
            throw options.fieldError(
                "maximum_size", "between 1 and \(Vocabulary.largestSize) expected, got \(maximumSize)")
        }
        return try call.returns(
            try call.blaming(1) {
                try Vocabulary(
                    of: set, minimumCount: minimumCount, maximumSize: maximumSize, weights: weights ?? .binary)
            })
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
