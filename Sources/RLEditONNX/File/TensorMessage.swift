internal import RLEditNN

/// A tensor of the file: what it is, and where its elements are.
struct TensorMessage: Sendable {
    var name = ""
    var shape: [Int] = []
    /// TensorProto.DataType.
    var type = 0
    private(set) var elements = Elements.none

    /// Where the elements are.
    enum Elements: Sendable {
        case none
        /// Little-endian bytes in one piece, at a place in the model's file.
        case raw(Range<Int>)
        /// Fields of numbers: each is a place of little-endian numbers of fixed size, in order.
        case fixed([Range<Int>])
        /// Fields of numbers of seven bits a byte.
        case variable([Range<Int>], alone: [Int])
        /// In another file: keys and values as the message has them.
        case external([String: String])
        /// Texts and others that nothing computes with.
        case other
    }

    static let mostDimensions = 16
    private static let mostPieces = 1 << 16

    init(_ source: WireFile, _ range: Range<Int>) throws(ONNXError) {
        var external: [String: String] = [:]
        var isExternal = false
        var fixed: [Range<Int>] = []
        var (packed, alone): ([Range<Int>], [Int]) = ([], [])
        var reader = WireReader(source, range)
        while let (field, value) = try reader.next() {
            switch field {
            case 1: try value.append(to: &shape, most: TensorMessage.mostDimensions, source)
            case 2: type = try value.int(source)
            case 4, 10:
                switch value {
                case .fixed(let range), .bytes(let range): fixed.append(range)
                case .number: throw source.malformed("a number of another kind", at: range.lowerBound)
                }
            case 5, 7, 11:
                switch value {
                case .bytes(let range): packed.append(range)
                case .number(let number): alone.append(Int(truncatingIfNeeded: number))
                case .fixed(let range): throw source.malformed("a number of another kind", at: range.lowerBound)
                }
            case 6: elements = .other
            case 8: name = try value.text(source)
            case 9: elements = .raw(try value.range(source))
            case 13:
                var (key, text) = ("", "")
                var entry = WireReader(source, try value.range(source))
                while let (field, value) = try entry.next() {
                    if field == 1 { key = try value.text(source) }
                    if field == 2 { text = try value.text(source) }
                }
                external[key] = text
            case 14: isExternal = try value.int(source) == 1
            default: break
            }
            guard fixed.count + packed.count + alone.count <= TensorMessage.mostPieces, external.count <= 16 else {
                throw source.malformed("a tensor in more than \(TensorMessage.mostPieces) pieces", at: range.lowerBound)
            }
        }
        if isExternal {
            elements = .external(external)
        } else if !fixed.isEmpty {
            elements = .fixed(fixed)
        } else if !packed.isEmpty || !alone.isEmpty {
            elements = .variable(packed, alone: alone)
        }
    }

    /// The type as our files name it; nil for one that we do not read.
    var elementType: ElementType? {
        switch type {
        case 1: .f32
        case 2: .u8
        case 3: .i8
        case 4: .u16
        case 5: .i16
        case 6: .i32
        case 7: .i64
        case 9: .bool
        case 10: .f16
        case 11: .f64
        case 12: .u32
        case 13: .u64
        case 16: .bf16
        default: nil
        }
    }

    /// Bytes of one element as `raw_data` holds it.
    var elementSize: Int { (elementType?.bits ?? 0) / 8 }

    /// Number of elements.
    /// - Throws: for a size that no file holds.
    func count(_ file: String) throws(ONNXError) -> Int {
        guard let count = Shapes.count(shape) else {
            throw ONNXError(file: file, fault: .tensor(name: name, reason: "shape \(shape) is no tensor's"))
        }
        return count
    }
}
