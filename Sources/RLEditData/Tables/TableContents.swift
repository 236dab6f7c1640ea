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
