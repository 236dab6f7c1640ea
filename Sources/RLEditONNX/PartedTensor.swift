internal import RLEditNN
internal import RLEditTensor

/// A tensor of a file of which several parameters are parts: the rows of a fused matrix, or of the matrix that it is
/// transposed.
struct PartedTensor {
    /// The first parameter that is edited, for messages.
    let parameter: String
    let tensor: TensorMessage
    private let isTransposed: Bool
    /// The whole as parameters have it, rows first.
    private var scalars: [Float]
    private let shape: [Int]
    private var taken: [(rows: Range<Int>, part: Tensor)] = []

    init(_ parameter: String, _ tensor: TensorMessage, _ isTransposed: Bool, _ file: ONNXFile) throws {
        (self.parameter, self.tensor, self.isTransposed) = (parameter, tensor, isTransposed)
        let constant = try Constant(tensor, in: file)
        let stored = try constant.tensor(file, shape: constant.shape)
        let whole = isTransposed ? try stored.transposed() : stored
        (scalars, shape) = (whole.scalars, whole.shape)
    }

    /// Puts an edited part in its rows.
    /// - Returns: false where another part has some of them with other values.
    mutating func take(_ part: Tensor, rows: Range<Int>) -> Bool {
        for other in taken where other.rows.overlaps(rows) {
            return other.rows == rows && other.part.hasSameBits(as: part)
        }
        let width = scalars.count / max(shape[0], 1)
        scalars.replaceSubrange((rows.lowerBound * width)..<(rows.upperBound * width), with: part.scalars)
        taken.append((rows, part))
        return true
    }

    /// The whole as the file has it.
    func value() throws -> Tensor {
        let whole = try Tensor(scalars, shape: shape)
        return isTransposed ? try whole.transposed() : whole
    }
}
