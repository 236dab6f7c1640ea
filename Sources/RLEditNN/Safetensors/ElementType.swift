internal import RLEditTensor

/// Element types of safetensors files. Floating-point ones of 16 to 64 bits become `Float` when they are read into
/// tensors; the others are carried along untouched.
public enum ElementType: Hashable, Sendable {
    case bool, u8, i8, u16, i16, u32, i32, u64, i64, f16, bf16, f32, f64
    /// A type that we do not compute with, by the name that the file gives it: `F8_E4M3`, `C64`, …
    case other(String)

    private static let named: [String: ElementType] = [
        "BOOL": .bool, "U8": .u8, "I8": .i8, "U16": .u16, "I16": .i16, "U32": .u32, "I32": .i32, "U64": .u64,
        "I64": .i64, "F16": .f16, "BF16": .bf16, "F32": .f32, "F64": .f64,
    ]
    private static let names = Dictionary(uniqueKeysWithValues: named.map { ($0.value, $0.key) })
    /// Bits of the other types that the format has a name for.
    private static let otherBits = [
        "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8,
        "F8_E5M2FNUZ": 8, "C64": 64,
    ]

    public init(name: String) { self = ElementType.named[name] ?? .other(name) }

    /// As files write it.
    public var name: String {
        if case .other(let name) = self { return name }
        return ElementType.names[self] ?? ""
    }

    /// Bits of one element; nil for a type that this program has never heard of.
    public var bits: Int? {
        switch self {
        case .bool, .u8, .i8: 8
        case .u16, .i16, .f16, .bf16: 16
        case .u32, .i32, .f32: 32
        case .u64, .i64, .f64: 64
        case .other(let name): ElementType.otherBits[name]
        }
    }

    /// Whether elements can be read as `Float`.
    public var isFloatingPoint: Bool {
        switch self {
        case .f16, .bf16, .f32, .f64: true
        default: false
        }
    }

    /// Whether elements are whole numbers, two's complement where they have a sign. BOOL counts: it is 0 or 1.
    public var isWholeNumber: Bool {
        if case .other = self { return false }
        return !isFloatingPoint
    }

    /// Bytes of one element of a floating-point type.
    private var size: Int { (bits ?? 0) / 8 }

    /// Reads little-endian elements, which need not be aligned. Float64 is rounded to the nearest `Float`.
    /// - Precondition: a floating-point type, and `bytes` holds at least `output.count` elements.
    package func decode(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableBufferPointer<Float>) {
        precondition(isFloatingPoint && bytes.count >= output.count * size)
        switch self {
        case .f32:
            for index in output.indices {
                output[index] = Float(
                    bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)))
            }
        case .f64:
            for index in output.indices { output[index] = Float(ElementType.double(bytes, at: index)) }
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

    /// One element of F64 data.
    /// - Precondition: `bytes` holds it.
    static func double(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Double {
        Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)))
    }

    /// Writes elements little-endian, narrowed to the nearest value, ties to even.
    /// - Returns: how many finite values became infinite.
    package func encode(_ values: UnsafeBufferPointer<Float>, into output: inout [UInt8]) -> Int {
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
