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

/// The two 16-bit floating-point formats, in integer operations only.
enum HalfPrecision {
    /// IEEE 754 binary16 → binary32: exact.
    static func widen(_ bits: UInt16) -> Float {
        let sign = UInt32(bits & 0x8000) << 16
        let exponent = UInt32(bits >> 10 & 0x1F)
        let fraction = UInt32(bits & 0x3FF)
        switch exponent {
        case 0:
            // Zero or subnormal: fraction · 2⁻²⁴.
            let magnitude = Float(fraction) * 0x1p-24
            return sign == 0 ? magnitude : -magnitude
        case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
        default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
        }
    }

    /// binary32 → binary16, to nearest, ties to even; NaN stays NaN.
    static func narrow(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        let sign = UInt16(bits >> 16 & 0x8000)
        let magnitude = bits & 0x7FFF_FFFF
        if magnitude > 0x7F80_0000 { return sign | 0x7E00 | UInt16(magnitude >> 13 & 0x1FF) }
        // From 65520, half-way past the largest finite value, everything rounds to infinity.
        if magnitude >= 0x477F_F000 { return sign | 0x7C00 }
        if magnitude < 0x3880_0000 {
            // Subnormal: multiples of 2⁻²⁴, which the sum with ½ rounds to by itself.
            let shifted = (Float(bitPattern: magnitude) + 0.5).bitPattern &- Float(0.5).bitPattern
            return sign | UInt16(shifted)
        }
        let rounded = magnitude &+ 0xFFF &+ (magnitude >> 13 & 1)
        return sign | UInt16((rounded &- 0x3800_0000) >> 13)
    }

    /// binary32 → bfloat16, to nearest, ties to even; NaN stays NaN.
    static func narrowToBFloat16(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        if bits & 0x7FFF_FFFF > 0x7F80_0000 { return UInt16(bits >> 16) | 0x40 }
        return UInt16((bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
    }
}

extension [UInt8] {
    mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}
