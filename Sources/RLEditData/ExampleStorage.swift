package import RLEditTensor

/// The inputs that sets share: written once, never changed.
package struct ExampleStorage: Sendable {
    /// How the values of an input are kept.
    package enum Values: Sendable {
        /// A byte a value. A quarter of the memory of floats.
        case bytes(SharedBytes, ByteScale)
        /// Values as they are; count × example size.
        case floats(Tensor)
        /// Mostly zeros, as bags of words: 8 bytes for each value that is not. `count` rows of `exampleSize` columns.
        case sparse(SparseRows)
    }

    package let values: Values
    /// Number of values of one example.
    package let exampleSize: Int
    /// Number of examples.
    package let count: Int
    /// The texts that the rows were made of, one for each row; nil for examples that were no texts.
    let texts: TextSet?
    /// For comparing examples with those of other sets.
    package let rowHashes = RowHashes()

    package init(values: Values, exampleSize: Int, count: Int, texts: TextSet? = nil) {
        self.values = values
        self.exampleSize = exampleSize
        self.count = count
        self.texts = texts
    }

    /// True when both share the same memory.
    func isSame(as other: ExampleStorage) -> Bool {
        switch (values, other.values) {
        case (.bytes(let a, let scaleA), .bytes(let b, let scaleB)): a === b && scaleA == scaleB
        case (.floats(let a), .floats(let b)): a.sharesStorage(with: b)
        case (.sparse(let a), .sparse(let b)): a.sharesStorage(with: b)
        default: false
        }
    }

    /// Write the examples that `rows` names, in order, as floats.
    func copy(rows: some Sequence<Int>, into target: UnsafeMutableBufferPointer<Float>) {
        var output = 0
        switch values {
        case .bytes(let bytes, let scale):
            bytes.withUnsafeBufferPointer { source in
                for row in rows {
                    scale.write(
                        UnsafeBufferPointer(rebasing: source[row * exampleSize..<(row + 1) * exampleSize]),
                        to: UnsafeMutableBufferPointer(rebasing: target[output..<output + exampleSize]))
                    output += exampleSize
                }
            }
        case .floats(let tensor):
            tensor.withUnsafeBufferPointer { source in
                for row in rows {
                    let start = row * exampleSize
                    for offset in 0..<exampleSize { target[output + offset] = source[start + offset] }
                    output += exampleSize
                }
            }
        case .sparse(let source):
            if let start = target.baseAddress { source.copyDense(rows, into: start) }
        }
    }

    /// Hand the stored bytes of each example to `body`, in the order of `rows`; those of a sparse one in two pieces,
    /// columns (32-bit little-endian) and values.
    func forEachRawExample(rows: some Sequence<Int>, _ body: (UnsafeRawBufferPointer) -> Void) {
        func visit(_ contents: UnsafeRawBufferPointer, stride: Int) {
            for row in rows {
                body(UnsafeRawBufferPointer(rebasing: contents[row * stride..<(row + 1) * stride]))
            }
        }
        switch values {
        case .bytes(let bytes, _):
            bytes.withUnsafeBufferPointer { visit(UnsafeRawBufferPointer($0), stride: exampleSize) }
        case .floats(let tensor):
            tensor.withUnsafeBufferPointer { visit(UnsafeRawBufferPointer($0), stride: 4 * exampleSize) }
        case .sparse(let source):
            for row in rows {
                source.withRow(row) { columns, values in
                    body(UnsafeRawBufferPointer(columns))
                    body(UnsafeRawBufferPointer(values))
                }
            }
        }
    }
}
