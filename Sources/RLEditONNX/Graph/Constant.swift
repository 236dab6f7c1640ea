internal import RLEditNN
internal import RLEditTensor

/// A tensor whose values do not depend on the network's input: one of the file, or what the graph computes from such.
struct Constant {
    enum Kind { case float, int, bool }
    enum Content {
        /// A tensor of the file, or a matrix of this shape in it transposed; of that some rows, or all. It is read when its
        /// values are asked for.
        case stored(TensorMessage, turned: [Int]?, rows: Range<Int>? = nil)
        case values([Double])
    }

    var shape: [Int]
    var kind: Kind
    var content: Content

    /// Most values that are computed: shapes and masks, never weights.
    static let mostValues = 1 << 22

    init(_ values: [Double], shape: [Int], kind: Kind) {
        self.shape = shape
        self.kind = kind
        content = .values(values)
    }

    init(ints: [Int]) { self.init(ints.map(Double.init), shape: [ints.count], kind: .int) }

    /// - Throws: for a tensor of a type that has no numbers.
    init(_ tensor: TensorMessage, in file: ONNXFile) throws(ONNXError) {
        guard let type = tensor.elementType else {
            throw file.fault(tensor, "data type \(tensor.type) is not supported")
        }
        _ = try tensor.count(file.path)
        shape = tensor.shape
        kind = type == .bool ? .bool : type.isFloatingPoint ? .float : .int
        content = .stored(tensor, turned: nil)
    }

    var count: Int { shape.reduce(1, *) }

    /// The tensor of the file that holds just these values, in this order or transposed, or these rows of it.
    var stored: (tensor: TensorMessage, transposed: Bool, rows: Range<Int>?)? {
        if case .stored(let tensor, let turned, let rows) = content { return (tensor, turned != nil, rows) }
        return nil
    }

    /// A matrix with rows and columns exchanged.
    var transposed: Constant? {
        guard shape.count == 2, case .stored(let tensor, let turned, nil) = content else { return nil }
        var result = self
        result.shape = shape.reversed()
        result.content = .stored(tensor, turned: turned == nil ? shape : nil)
        return result
    }

    /// The same values in another shape, where that is no other tensor of the file.
    func reshaped(_ shape: [Int], _ file: ONNXFile) throws -> Constant {
        var result = self
        result.shape = shape
        switch content {
        case .stored(_, .some, _), .stored(_, _, .some): result.content = .values(try values(file))
        case .stored, .values: break
        }
        return result
    }

    /// Some of the first dimension.
    func rows(_ range: Range<Int>, _ file: ONNXFile) throws -> Constant {
        var result = self
        result.shape[0] = range.count
        if case .stored(let tensor, let turned, nil) = content, tensor.shape == (turned ?? shape) {
            result.content = .stored(tensor, turned: turned, rows: range)
        } else {
            let width = shape.dropFirst().reduce(1, *)
            result.content = .values(Array(try values(file)[(range.lowerBound * width)..<(range.upperBound * width)]))
        }
        return result
    }

    /// The values in order.
    func values(_ file: ONNXFile) throws -> [Double] {
        switch content {
        case .values(let values): return values
        case .stored(let tensor, let turned, let rows):
            guard count <= Constant.mostValues else {
                throw Refusal("it computes with a constant of shape \(shape), more than \(Constant.mostValues) values")
            }
            let bytes = try file.bytes(of: tensor)
            let values = Constant.decode(bytes, tensor)
            let all = turned.map { Constant.transpose(values, rows: $0[0]) } ?? values
            let width = count / max(shape.first ?? 1, 1)
            return rows.map { Array(all[($0.lowerBound * width)..<($0.upperBound * width)]) } ?? all
        }
    }

    /// The values as a parameter.
    func tensor(_ file: ONNXFile, shape: [Int]) throws -> Tensor {
        guard case .stored(let message, let turned, let rows) = content, let type = message.elementType,
            type.isFloatingPoint
        else {
            let values = try values(file)
            return try Tensor(values.map { Float($0) }, shape: shape)
        }
        let bytes = try file.bytes(of: message)
        let tensor = try Tensor(shape: turned ?? (rows == nil ? shape : message.shape)) { buffer in
            bytes.withUnsafeBytes { type.decode($0, into: buffer) }
        }
        let whole = turned == nil ? tensor : try tensor.transposed()
        guard let rows else { return whole }
        let width = shape.dropFirst().reduce(1, *)
        return try Tensor(Array(whole.scalars[(rows.lowerBound * width)..<(rows.upperBound * width)]), shape: shape)
    }

    private static func transpose(_ values: [Double], rows: Int) -> [Double] {
        let columns = values.count / max(rows, 1)
        return (0..<values.count).map { values[$0 % rows * columns + $0 / rows] }
    }

    private static func decode(_ bytes: [UInt8], _ tensor: TensorMessage) -> [Double] {
        guard let type = tensor.elementType else { return [] }
        let size = tensor.elementSize
        return bytes.withUnsafeBytes { bytes in
            let count = bytes.count / size
            func whole<Number: FixedWidthInteger>(_: Number.Type) -> [Double] {
                (0..<count).map {
                    Double(Number(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * size, as: Number.self)))
                }
            }
            switch type {
            case .bool: return bytes.map { $0 == 0 ? 0 : 1 }
            case .u8: return whole(UInt8.self)
            case .i8: return whole(Int8.self)
            case .u16: return whole(UInt16.self)
            case .i16: return whole(Int16.self)
            case .u32: return whole(UInt32.self)
            case .i32: return whole(Int32.self)
            case .u64: return whole(UInt64.self)
            case .i64: return whole(Int64.self)
            case .f64:
                return (0..<count).map {
                    Double(
                        bitPattern: UInt64(
                            littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)))
                }
            default:
                var floats = [Float](repeating: 0, count: count)
                floats.withUnsafeMutableBufferPointer { type.decode(bytes, into: $0) }
                return floats.map(Double.init)
            }
        }
    }
}
