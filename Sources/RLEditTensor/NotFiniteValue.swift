internal import CKernels

/// A number that no example may hold, and its place: NaN or infinite.
///
/// It is refused where examples come in. Later it could not be told from a network that overflows, and a maximum or a
/// comparison may hide it.
public struct NotFiniteValue: Error, Equatable, Sendable, CustomStringConvertible {
    /// What holds it: `inputs` or `targets`.
    public let field: String
    /// The example, 0-based.
    public let example: Int
    /// Its place within the example, 0-based; empty for a single number.
    public let place: [Int]
    public let value: Float

    public init(field: String, example: Int, place: [Int], value: Float) {
        self.field = field
        self.example = example
        self.place = place
        self.value = value
    }

    /// The same under another name of what holds it.
    package func named(_ field: String) -> NotFiniteValue {
        NotFiniteValue(field: field, example: example, place: place, value: value)
    }

    public static func == (left: NotFiniteValue, right: NotFiniteValue) -> Bool {
        left.description == right.description
    }

    /// Places count from 1, as in scripts: `inputs[3] holds NaN at [1, 14, 2]; …`.
    public var description: String {
        // NaN has a sign that means nothing.
        let text = value.isNaN ? "NaN" : value < 0 ? "-infinity" : "infinity"
        let within = place.isEmpty ? "" : " at \(place.map { $0 + 1 })"
        return
            "\(field)[\(example + 1)] holds \(text)\(within); every number must be finite in 32 bits: replace it, or "
            + "leave the example out"
    }
}

extension Tensor {
    /// One pass over the elements, at about the speed of memory.
    /// - Parameter field: what the rows are to messages.
    /// - Throws: ``NotFiniteValue`` naming the first element, in row-major order, that is NaN or infinite.
    package func requireFinite(_ field: String) throws(NotFiniteValue) {
        let first = withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { rl_first_not_finite($0, Int64(buffer.count)) } ?? -1
        }
        guard first >= 0 else { return }
        var rest = Int(first)
        var place: [Int] = []
        for dimension in shape.reversed() {
            place.insert(rest % dimension, at: 0)
            rest /= dimension
        }
        throw NotFiniteValue(
            field: field, example: place.first ?? 0, place: Array(place.dropFirst()), value: scalar(at: Int(first)))
    }

    private func scalar(at index: Int) -> Float { withUnsafeBufferPointer { $0[index] } }
}

extension SparseRows {
    /// As ``Tensor/requireFinite(_:)``.
    package func requireFinite(_ field: String) throws(NotFiniteValue) {
        let first = withStoredValues { rl_first_not_finite($0, Int64(elementCount)) }
        guard first >= 0 else { return }
        var before = 0
        for row in 0..<count {
            let found = withRow(row) { columns, values -> (column: Int, value: Float)? in
                let element = Int(first) - before
                before += columns.count
                return element < columns.count ? (Int(columns[element]), values[element]) : nil
            }
            if let found {
                throw NotFiniteValue(field: field, example: row, place: [found.column], value: found.value)
            }
        }
    }
}
