/// The column of the labels.
struct LabelColumn {
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
        case .numbers(let classes, let first): expected = "the whole numbers \(first) to \(first + classes - 1)"
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
        case .numbers(let classes, let first):
            found = Int(text.trimmingSpaces).flatMap { $0 >= first && $0 < first + classes ? Int32($0 - first) : nil }
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
        case .numbers(let classes, let first): return (values, (first..<(first + classes)).map(String.init))
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
