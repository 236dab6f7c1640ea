package import RLEditTensor

/// What the columns of a file hold, read row by row: no more of it is kept.
package struct TableContents {
    package enum Inputs {
        case texts(TextStorage)
        /// `[rows, columns]`.
        case numbers(Tensor)
    }

    package let inputs: Inputs
    package let labels: [Int32]
    package let groups: ExampleGroups?
    /// What the labels 0, 1, … are called in the file; empty where it does not say.
    package let classes: [String]

    /// The classes that no row has, in words; nil where every one has a row, or they are not known.
    package var missingClasses: String? {
        let present = Set(labels)
        let missing = classes.indices.filter { !present.contains(Int32(truncatingIfNeeded: $0)) }
        if missing.isEmpty { return nil }
        let shown = missing.prefix(10).map { "'\(classes[$0])' (label \($0))" }.joined(separator: ", ")
        return (missing.count == 1 ? "class " : "classes ") + shown + (missing.count > 10 ? ", …" : "")
    }

    /// - Parameter visit: gets the place and the text of each row as it is read; of texts only.
    /// - Throws: ``DataError/invalidTable(path:fault:)``, or what reading the file or `visit` throws.
    package init(
        file path: String, _ columns: TableColumns,
        visit: (TableFault.Row, String) throws(DataError) -> Void = { _, _ in }
    ) throws(DataError) {
        try self.init(try GzipReader(path: path), columns, visit: visit)
    }

    package init(
        _ source: any ByteSource, _ columns: TableColumns,
        visit: (TableFault.Row, String) throws(DataError) -> Void = { _, _ in }
    ) throws(DataError) {
        var rows = try columns.format.rows(source)
        var texts = TextStorage.Builder()
        var numbers: NumberColumns?
        var textColumn: (index: Int, name: String)?
        switch columns.inputs {
        case .texts(let name): textColumn = (try rows.index(of: name, isOptional: false), name)
        case .numbers(let names): numbers = try NumberColumns(names, &rows)
        }
        var labels = try LabelColumn(columns, &rows)
        var groups = try columns.groups.map { groups throws(DataError) in try GroupColumns(groups, &rows) }
        while try rows.next() {
            if let (index, name) = textColumn {
                let bytes = rows.bytes(index)
                guard bytes.contains(where: { $0 > 32 }) else {
                    throw .invalidTable(path: rows.path, fault: .emptyText(rows.place, column: name))
                }
                try visit(rows.place, try rows.text(index))
                texts.append(bytes)
            }
            try numbers?.read(rows)
            try labels.read(rows)
            try groups?.read(rows)
        }
        guard labels.count > 0 else { throw .invalidTable(path: rows.path, fault: .noRows) }
        guard labels.count <= Int(Int32.max) else {
            throw .invalidArgument(operation: "table", message: "more rows than a set can hold")
        }
        (self.labels, classes) = labels.finish()
        self.groups = try groups?.finish()
        inputs = if let made = try numbers?.finish() { .numbers(made) } else { .texts(texts.finish()) }
    }
}

/// Columns of numbers, kept in pieces so that they need not be copied while they grow. Pieces are large enough for the system
/// to take each back when it is copied.
private struct NumberColumns {
    private static let pieceSize = 1 << 24
    private let columns: [(index: Int, name: String)]
    private var full: [[Float]] = []
    private var piece: [Float] = []
    private var count = 0

    init(_ names: [String], _ rows: inout any TableRows) throws(DataError) {
        guard !names.isEmpty else {
            throw .invalidArgument(operation: "table", message: "columns of inputs: at least one expected")
        }
        var columns: [(index: Int, name: String)] = []
        for name in names { columns.append((try rows.index(of: name, isOptional: false), name)) }
        self.columns = columns
    }

    mutating func read(_ rows: any TableRows) throws(DataError) {
        for (index, name) in columns {
            let value = try rows.number(index, name)
            let narrowed = Float(value)
            guard narrowed.isFinite else { throw rows.notANumber(index, name) }
            piece.append(narrowed)
        }
        count += 1
        guard piece.count >= NumberColumns.pieceSize else { return }
        full.append(piece)
        piece = []
        piece.reserveCapacity(NumberColumns.pieceSize + columns.count)
    }

    mutating func finish() throws(DataError) -> Tensor {
        let shape = [count, columns.count]
        let tensor: Tensor
        do throws(TensorError) {
            tensor = Tensor(uninitialized: shape, count: try Tensor.elementCount(of: shape))
        } catch {
            throw .invalidArgument(operation: "table", message: error.description)
        }
        full.append(piece)
        piece = []
        var place = 0
        for index in full.indices {
            full[index].withUnsafeBufferPointer { values in
                guard let start = values.baseAddress else { return }
                (tensor.storage.pointer + place).initialize(from: start, count: values.count)
            }
            place += full[index].count
            // Given back at once: both together would be twice the memory.
            full[index] = []
        }
        return tensor
    }
}

/// The column of the labels.
private struct LabelColumn {
    private let column: (index: Int, name: String)
    private let labels: TableColumns.Labels
    private var byText: [String: Int32] = [:]
    private var expected = ""
    /// Whether `0`, and whether `-1`, has come.
    private var (hasZero, hasMinusOne) = (false, false)
    private var values: [Int32] = []

    /// Words are classes; more of them are no labels.
    private static let largestClasses = 1 << 16

    var count: Int { values.count }

    init(_ columns: TableColumns, _ rows: inout any TableRows) throws(DataError) {
        column = (try rows.index(of: columns.label, isOptional: false), columns.label)
        labels = columns.labels
        switch columns.labels {
        case .two: expected = "'0', '1'"
        case .named(let names):
            for (text, label) in names where byText[text] == nil {
                guard let label = Int32(exactly: label), label >= 0 else {
                    throw .labelOutOfRange(source: text, position: 0, label: label, classes: Int(Int32.max))
                }
                byText[text] = label
            }
            expected = names.map { "'\($0.text)'" }.joined(separator: ", ")
        case .numbers(let classes): expected = "the whole numbers 0 to \(classes - 1)"
        case .sorted: expected = "at most \(LabelColumn.largestClasses) words"
        case .atLeast: break
        }
    }

    mutating func read(_ rows: any TableRows) throws(DataError) {
        if case .atLeast(let threshold) = labels {
            return values.append(try rows.number(column.index, column.name) >= threshold ? 1 : 0)
        }
        let text = try rows.text(column.index)
        let found: Int32?
        switch labels {
        case .two: found = two(text) ?? two(text.trimmingSpaces)
        case .named: found = byText[text] ?? byText[text.trimmingSpaces]
        case .numbers(let classes):
            found = Int32(text.trimmingSpaces).flatMap { $0 >= 0 && $0 < classes ? $0 : nil }
        case .sorted: found = word(text.trimmingSpaces)
        case .atLeast: found = nil
        }
        guard let found else {
            throw .invalidTable(
                path: rows.path,
                fault: .invalidLabel(
                    rows.place, column: column.name, label: String(text.prefix(40)), expected: expected))
        }
        values.append(found)
    }

    private mutating func two(_ text: String) -> Int32? {
        switch text {
        case "1": return 1
        case "0" where !hasMinusOne:
            hasZero = true
            return 0
        // With both there would be three labels.
        case "-1" where !hasZero:
            (hasMinusOne, expected) = (true, "'-1', '1'")
            return 0
        default: return nil
        }
    }

    private mutating func word(_ text: String) -> Int32? {
        if let known = byText[text] { return known }
        guard !text.isEmpty, byText.count < LabelColumn.largestClasses else { return nil }
        let number = Int32(truncatingIfNeeded: byText.count)
        byText[text] = number
        return number
    }

    /// The labels, and the words of the classes.
    consuming func finish() -> ([Int32], [String]) {
        switch labels {
        case .sorted: break
        case .named(let names):
            // Several contents may mean one class.
            guard Set(names.map(\.label)) == Set(names.indices) else { return (values, []) }
            return (values, names.sorted { $0.label < $1.label }.map(\.text))
        case .numbers(let classes): return (values, (0..<classes).map(String.init))
        default: return (values, [])
        }
        let areNumbers = byText.keys.allSatisfy { Int($0) != nil }
        let words = byText.sorted { first, second in
            if areNumbers, let a = Int(first.key), let b = Int(second.key), a != b { return a < b }
            return first.key.unicodeScalars.lexicographicallyPrecedes(second.key.unicodeScalars)
        }
        var final = [Int32](repeating: 0, count: words.count)
        for (place, word) in words.enumerated() { final[Int(word.value)] = Int32(truncatingIfNeeded: place) }
        for index in values.indices { values[index] = final[Int(values[index])] }
        return (values, words.map(\.key))
    }
}

/// The columns that say who belongs to which group.
private struct GroupColumns {
    private let groups: TableColumns.Groups
    private let columns: [(index: Int, name: String)]
    private var memberships = ExampleGroups.Builder()
    /// Groups by name, numbered as they come.
    private var places: [String: Int32] = [:]

    init(_ groups: TableColumns.Groups, _ rows: inout any TableRows) throws(DataError) {
        self.groups = groups
        var columns: [(index: Int, name: String)] = []
        switch groups {
        case .names(let name): columns.append((try rows.index(of: name, isOptional: true), name))
        case .members(let names, _):
            for name in names { columns.append((try rows.index(of: name, isOptional: true), name)) }
        }
        self.columns = columns
    }

    mutating func read(_ rows: any TableRows) throws(DataError) {
        switch groups {
        case .names:
            let name = try rows.text(columns[0].index).trimmingSpaces
            if !name.isEmpty {
                let next = Int32(truncatingIfNeeded: places.count)
                memberships.add(places[name] ?? next)
                if places[name] == nil { places[name] = next }
            }
            memberships.endExample(isKnown: true)
        case .members(_, let threshold):
            var isKnown = true
            for (group, (index, name)) in columns.enumerated() {
                // Not annotated, which is neither a member nor none.
                if rows.bytes(index).allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
                    isKnown = false
                } else if try rows.number(index, name) >= threshold {
                    memberships.add(Int32(truncatingIfNeeded: group))
                }
            }
            memberships.endExample(isKnown: isKnown)
        }
    }

    consuming func finish() throws(DataError) -> ExampleGroups {
        guard case .names = groups else { return try memberships.finish(columns.map(\.name)) }
        // In alphabetical order.
        let names = places.keys.sorted()
        var final = [Int32](repeating: 0, count: names.count)
        for (place, name) in names.enumerated() {
            if let number = places[name] { final[Int(number)] = Int32(truncatingIfNeeded: place) }
        }
        return try memberships.finish(names, renumbered: final)
    }
}

extension TableRows {
    /// A number of the row read last.
    fileprivate func number(_ field: Int, _ column: String) throws(DataError) -> Double {
        if let number = NumberField.value(bytes(field)) { return number }
        throw notANumber(field, column)
    }

    fileprivate func notANumber(_ field: Int, _ column: String) -> DataError {
        let text = String(decoding: bytes(field).prefix(160), as: UTF8.self)
        return .invalidTable(path: path, fault: .notANumber(place, column: column, text: String(text.prefix(40))))
    }
}

/// Numbers as tables write them.
enum NumberField {
    private static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
    ]

    /// A decimal number, with blanks around it; nil for anything else, infinities and NaN included.
    static func value(_ field: ArraySlice<UInt8>) -> Double? {
        var text = field
        while let byte = text.first, byte == 0x20 || byte == 0x09 { text.removeFirst() }
        while let byte = text.last, byte == 0x20 || byte == 0x09 { text.removeLast() }
        return short(text) ?? long(text)
    }

    /// At most 15 digits with a point: the quotient of two exact numbers is rounded as it should be (Clinger 1990).
    private static func short(_ text: ArraySlice<UInt8>) -> Double? {
        guard !text.isEmpty, text.count <= 17 else { return nil }
        var (digits, decimals, whole) = (0, -1, 0)
        var rest = text
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest.removeFirst() }
        for byte in rest {
            if byte == UInt8(ascii: "."), decimals < 0 {
                decimals = 0
                continue
            }
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            whole = 10 * whole + Int(byte - 0x30)
            digits += 1
            if decimals >= 0 { decimals += 1 }
        }
        guard digits > 0, digits <= 15 else { return nil }
        let value = Double(whole) / powersOfTen[max(0, decimals)]
        return isNegative ? -value : value
    }

    private static func long(_ text: ArraySlice<UInt8>) -> Double? {
        // Double reads hexadecimal numbers and names, too.
        guard text.count <= 1000, text.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || "+-.eE".utf8.contains($0) }),
            let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite
        else { return nil }
        return value
    }
}

extension String {
    /// Without spaces and tabs at both ends.
    var trimmingSpaces: String {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        guard let first = utf8.firstIndex(where: { !isSpace($0) }), let last = utf8.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(self[first...last])
    }
}
