internal import LuaBridge
internal import RLEditData

extension HostModules {
    /// `text = "review"` or `inputs = { "length", "width" }`.
    static func inputs(_ options: LuaOptions) throws -> TableColumns.Inputs {
        guard let names = try names("inputs", options) else {
            return .texts(try options.required("text", as: String.self))
        }
        guard try options.optional("text", as: String.self) == nil else {
            throw options.fieldError("inputs", "columns of numbers instead of 'text' expected, not both")
        }
        return .numbers(names)
    }

    /// The fields of a table's options that only a table has.
    static let tableFields = [
        "file", "label", "labels", "labels_from", "group", "groups", "weight", "skip_empty", "separator", "encoding",
        "skip_lines",
    ]

    /// The fields of labels, groups and weights, and those of the format.
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
            inputs, label: label, labels: labels.first ?? .two, groups: try groups(options),
            weight: try options.optional("weight", as: String.self),
            skipsEmptyTexts: try options.optional("skip_empty", as: Bool.self) ?? false, format: try format(options))
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

    /// `classes = 5`, `classes = { "cat", "dog" }` or `classes = "sorted"`; the first with `labels_from`.
    private static func classes(_ options: LuaOptions) throws -> TableColumns.Labels? {
        let first = try labelsFrom(options)
        let classes = try options.value("classes")
        if first != nil, classes.integer == nil {
            throw options.fieldError("labels_from", "'classes', a number of classes, expected, too")
        }
        switch classes {
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
            return .numbers(classes: count, first: first ?? 0)
        }
    }

    /// `labels_from = 1`: the number that becomes label 0.
    static func labelsFrom(_ options: LuaOptions) throws -> Int? {
        guard let first = try options.optional("labels_from", as: Int.self) else { return nil }
        guard first >= 0, first <= 1 << 30 else {
            throw options.fieldError("labels_from", "a whole number from 0 on expected, got \(first)")
        }
        return first
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

    /// `separator`, `encoding` and `skip_lines`.
    static func csvFormat(_ options: LuaOptions) throws -> TableColumns.Format {
        let skipped = try options.optional("skip_lines", as: Int.self) ?? 0
        guard skipped >= 0, skipped <= 1000 else {
            throw options.fieldError("skip_lines", "between 0 and 1000 expected, got \(skipped)")
        }
        let encoding = try options.word("encoding", among: TextEncoding.allCases.map { ($0.rawValue, $0) })
        return .csv(separator: try separator(options), encoding: encoding ?? .utf8, skippedLines: skipped)
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
