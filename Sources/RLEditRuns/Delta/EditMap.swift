internal import RLEditTensor

/// How one layer's parameter was changed, small enough for a picture.
public struct EditMap: Sendable, Equatable {
    /// Name of the edited parameter, for example `fc2.weight`.
    public let parameter: String
    /// Size of the parameter as a matrix, `[out, in]` (a convolution: `[out, in·kh·kw]`), with one more column of a bias that
    /// was edited too.
    public let rows: Int
    public let columns: Int
    /// Parameters joined into one cell, down and across.
    public let cellRows: Int
    public let cellColumns: Int
    /// Mean change of each cell's parameters, row-major, `ceil(rows / cellRows)` × `ceil(columns / cellColumns)`.
    public let cells: [Double]
    /// Largest absolute change of a single parameter.
    public let largest: Double
    /// Frobenius norm of the change, and relative to the norm of the unedited parameter.
    public let norm: Double
    public let relativeNorm: Double

    /// Whether the last column is a bias.
    var hasBias: Bool { parameter.contains(" | ") }

    static let mostRows = 160
    static let mostColumns = 256

    /// - Parameters:
    ///   - original: the unedited values, row-major.
    ///   - edited: as many edited ones.
    public init?(parameter: String, rows: Int, columns: Int, original: [Float], edited: [Float]) {
        guard rows > 0, columns > 0, original.count == edited.count,
            original.count == rows.multipliedReportingOverflow(by: columns).partialValue
        else { return nil }
        self.parameter = parameter
        self.rows = rows
        self.columns = columns
        let cellRows = (rows + EditMap.mostRows - 1) / EditMap.mostRows
        let cellColumns = (columns + EditMap.mostColumns - 1) / EditMap.mostColumns
        let down = (rows + cellRows - 1) / cellRows
        let across = (columns + cellColumns - 1) / cellColumns
        var sums = [Double](repeating: 0, count: down * across)
        var counts = [Double](repeating: 0, count: down * across)
        var largest = 0.0
        var squares = 0.0
        var originalSquares = 0.0
        for (index, value) in original.enumerated() {
            let change = Double(edited[index]) - Double(value)
            let cell = index / columns / cellRows * across + index % columns / cellColumns
            sums[cell] += change
            counts[cell] += 1
            largest = max(largest, abs(change))
            squares += change * change
            originalSquares += Double(value) * Double(value)
        }
        self.cellRows = cellRows
        self.cellColumns = cellColumns
        cells = zip(sums, counts).map { $0 / $1 }
        self.largest = largest
        norm = squares.squareRoot()
        relativeNorm = originalSquares > 0 ? (squares / originalSquares).squareRoot() : .nan
    }
}
