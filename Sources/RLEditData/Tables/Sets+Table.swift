internal import RLEditTensor

extension TextSet {
    /// The texts of a file of rows, plain or compressed with gzip, in the order of the file.
    /// - Parameters:
    ///   - source: what messages and the set call the file; its path by default.
    ///   - columns: whose inputs are texts.
    /// - Throws: ``DataError/invalidTable(path:fault:)`` with row and column, or what reading the file throws.
    public init(table path: String, name: String, source: String? = nil, columns: TableColumns) throws(DataError) {
        try self.init(try TableContents(file: path, columns), name: name, source: source ?? path)
    }

    package init(_ contents: TableContents, name: String, source: String) throws(DataError) {
        guard case .texts(let texts) = contents.inputs else {
            throw .invalidArgument(operation: "text set", message: "a column of texts expected, got columns of numbers")
        }
        self.init(
            name: name, source: source, storage: texts, order: (0..<contents.labelling.count).map { Int32($0) },
            labelling: contents.labelling)
    }
}

extension ExampleSet {
    /// The rows of a file, plain or compressed with gzip, as examples: each is the numbers of some columns.
    /// - Parameters:
    ///   - source: what messages and the set call the file; its path by default.
    ///   - columns: whose inputs are numbers.
    /// - Throws: ``DataError/invalidTable(path:fault:)`` with row and column, or what reading the file throws.
    public init(table path: String, name: String, source: String? = nil, columns: TableColumns) throws(DataError) {
        try self.init(try TableContents(file: path, columns), name: name, source: source ?? path)
    }

    package init(_ contents: TableContents, name: String, source: String) throws(DataError) {
        guard case .numbers(let numbers) = contents.inputs else {
            throw .invalidArgument(
                operation: "example set", message: "columns of numbers expected, got a column of texts")
        }
        self.init(
            name: name, source: source, exampleShape: Array(numbers.shape.dropFirst()),
            storage: ExampleStorage(values: .floats(numbers), exampleSize: numbers.shape[1], count: numbers.shape[0]),
            order: nil, labelling: contents.labelling)
    }
}
