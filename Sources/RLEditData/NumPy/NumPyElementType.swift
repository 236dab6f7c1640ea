internal import RLEditTensor

/// Types of NumPy elements that are read, by NumPy's name for them. Elements become `Float`.
enum NumPyElementType: String, CaseIterable {
    case float32 = "<f4"
    case float64 = "<f8"
    case float16 = "<f2"
    case int64 = "<i8"
    case int32 = "<i4"
    case uint8 = "|u1"
    case bool = "|b1"

    static var known: String { allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ") }

    /// Bytes of one element.
    var size: Int {
        switch self {
        case .float64, .int64: 8
        case .float32, .int32: 4
        case .float16: 2
        case .uint8, .bool: 1
        }
    }

    /// Reads the little-endian element at a byte offset, which need not be aligned. Float64 is rounded to nearest.
    /// - Throws: a value in words and why it cannot be used: finite ones that become infinite, integers that change, and
    ///   booleans that are neither 0 nor 1.
    /// - Precondition: `bytes` holds a whole element there.
    func decode(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(Unusable) -> Float {
        switch self {
        case .float32:
            return Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        case .float64:
            let bits = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let value = Double(bitPattern: bits)
            let narrowed = Float(value)
            guard narrowed.isFinite || !value.isFinite else {
                throw Unusable(
                    value: "\(value)", reason: "a 32-bit float holds at most \(Float.greatestFiniteMagnitude)")
            }
            return narrowed
        case .float16:
            return HalfPrecision.widen(
                UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
        case .int64:
            return try NumPyElementType.exact(
                Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self)))
        case .int32:
            return try NumPyElementType.exact(
                Int64(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))))
        case .uint8: return Float(bytes[offset])
        case .bool:
            guard bytes[offset] <= 1 else {
                throw Unusable(value: "\(bytes[offset])", reason: "a boolean is 0 or 1")
            }
            return Float(bytes[offset])
        }
    }

    struct Unusable: Error {
        let value: String
        let reason: String
    }

    private static func exact(_ value: Int64) throws(Unusable) -> Float {
        guard let exact = Float(exactly: value) else {
            throw Unusable(
                value: "\(value)", reason: "a 32-bit float cannot hold it exactly (astype('float32') rounds it)")
        }
        return exact
    }
}
