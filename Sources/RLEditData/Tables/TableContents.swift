package import RLEditTensor

/// What the columns of a file hold, read row by row: no more of it is kept.
package struct TableContents {
    package enum Inputs {
        case texts(TextStorage)
        /// `[rows, columns]`.
        case numbers(Tensor)
    }

    package let inputs: Inputs
    /// Classes have names where the file says them.
    package let labelling: Labelling
    /// Rows left out since their text is empty.
    package let skippedRows: Int

    /// The classes that no row has, in words; nil where every one has a row, or they are not known.
    package var missingClasses: String? {
        let present = Set(labelling.labels)
        let classes = labelling.classNames
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
        var inputColumns: NumberColumns?
        var skippedRows = 0
        var textColumn: (index: Int, name: String)?
        switch columns.inputs {
        case .texts(let name): textColumn = (try rows.index(of: name, isOptional: false), name)
        case .numbers(let names): inputColumns = try NumberColumns(names, &rows)
        }
        var labels = try LabelColumn(columns, &rows)
        var weights = try columns.weight.map { name throws(DataError) in try WeightColumn(name, &rows) }
        var groups = try columns.groups.map { groups throws(DataError) in try GroupColumns(groups, &rows) }
        while try rows.next() {
            if let (index, name) = textColumn {
                let bytes = rows.bytes(index)
                guard bytes.contains(where: { $0 > 32 }) else {
                    guard columns.skipsEmptyTexts else {
                        throw .invalidTable(path: rows.path, fault: .emptyText(rows.place, column: name))
                    }
                    skippedRows += 1
                    continue
                }
                try visit(rows.place, try rows.text(index))
                texts.append(bytes)
            }
            try inputColumns?.read(rows)
            try labels.read(rows)
            try groups?.read(rows)
            try weights?.read(rows)
        }
        guard labels.count > 0 else {
            throw .invalidTable(path: rows.path, fault: skippedRows > 0 ? .noText(rows: skippedRows) : .noRows)
        }
        guard labels.count <= Int(Int32.max) else {
            throw .invalidArgument(operation: "table", message: "more rows than a set can hold")
        }
        if let name = columns.weight, let weights, !weights.values.contains(where: { $0 > 0 }) {
            throw .invalidTable(path: rows.path, fault: .zeroWeights(column: name))
        }
        self.skippedRows = skippedRows
        let (numbers, classNames) = labels.finish()
        labelling = try Labelling(numbers, classNames: classNames, groups: try groups?.finish())
            .withWeights(weights?.values)
        inputs = if let made = try inputColumns?.finish() { .numbers(made) } else { .texts(texts.finish()) }
    }
}

/// The column of the weights.
private struct WeightColumn {
    private let column: (index: Int, name: String)
    private(set) var values: [Float] = []

    init(_ name: String, _ rows: inout any TableRows) throws(DataError) {
        column = (try rows.index(of: name, isOptional: false), name)
    }

    mutating func read(_ rows: any TableRows) throws(DataError) {
        let weight = Float(try rows.number(column.index, column.name))
        guard weight >= 0, weight.isFinite else {
            throw .invalidTable(
                path: rows.path,
                fault: .notAWeight(
                    rows.place, column: column.name,
                    text: String(decoding: rows.bytes(column.index).prefix(40), as: UTF8.self)))
        }
        values.append(weight)
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
