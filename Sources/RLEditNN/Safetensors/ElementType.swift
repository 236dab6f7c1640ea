internal import RLEditTensor

/// Element types of safetensors files. Floating-point ones become `Float` when they are read into tensors; the others
/// are carried along untouched.
public enum ElementType: String, Sendable, CaseIterable {
    case bool = "BOOL"
    case u8 = "U8"
    case i8 = "I8"
    case u16 = "U16"
    case i16 = "I16"
    case u32 = "U32"
    case i32 = "I32"
    case u64 = "U64"
    case i64 = "I64"
    case f16 = "F16"
    case bf16 = "BF16"
    case f32 = "F32"
    case f64 = "F64"

    /// Bytes of one element.
    public var size: Int {
        switch self {
        case .bool, .u8, .i8: 1
        case .u16, .i16, .f16, .bf16: 2
        case .u32, .i32, .f32: 4
        case .u64, .i64, .f64: 8
        }
    }

    /// Whether elements can be read as `Float`.
    public var isFloatingPoint: Bool {
        switch self {
        case .f16, .bf16, .f32, .f64: true
        default: false
        }
    }

    /// Reads little-endian elements, which need not be aligned. Float64 is rounded to the nearest `Float`.
    /// - Precondition: a floating-point type, and `bytes` holds at least `output.count` elements.
    func decode(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableBufferPointer<Float>) {
        precondition(isFloatingPoint && bytes.count >= output.count * size)
        switch self {
        case .f32:
            for index in output.indices {
                output[index] = Float(
                    bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)))
            }
        case .f64:
            for index in output.indices {
                let bits = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
                output[index] = Float(Double(bitPattern: bits))
            }
        case .bf16:
            for index in output.indices {
                let bits = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
                output[index] = Float(bitPattern: UInt32(bits) << 16)
            }
        default:
            for index in output.indices {
                let bits = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
                output[index] = HalfPrecision.widen(bits)
            }
        }
    }

    /// Writes elements little-endian, narrowed to the nearest value, ties to even.
    /// - Returns: how many finite values became infinite.
    func encode(_ values: UnsafeBufferPointer<Float>, into output: inout [UInt8]) -> Int {
        precondition(isFloatingPoint)
        var overflows = 0
        output.reserveCapacity(output.count + values.count * size)
        for value in values {
            switch self {
            case .f32: output.appendLittleEndian(value.bitPattern)
            case .f64: output.appendLittleEndian(Double(value).bitPattern)
            default:
                let bits = self == .bf16 ? HalfPrecision.narrowToBFloat16(value) : HalfPrecision.narrow(value)
                let infinity: UInt16 = self == .bf16 ? 0x7F80 : 0x7C00
                if value.isFinite, bits & 0x7FFF == infinity { overflows += 1 }
                output.appendLittleEndian(bits)
            }
        }
        return overflows
    }
}

extension [UInt8] {
    mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}
