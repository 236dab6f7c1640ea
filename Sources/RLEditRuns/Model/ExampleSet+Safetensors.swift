public import RLEditData
public import RLEditNN
internal import RLEditTensor

extension ExampleSet {
    /// Examples in a safetensors file: a tensor `inputs`, `[examples] + example shape`, of a floating-point type, and a
    /// tensor `labels`, `[examples]`, of whole numbers of any type.
    /// - Throws: `SafetensorsError`, or ``SetFileError`` naming the tensor at fault.
    public init(safetensors file: SafetensorsFile, name: String) throws {
        func fail(_ message: String) -> SetFileError { SetFileError(path: file.path, message: message) }
        let names = SafetensorsError.list(file.entries.map(\.name))
        guard file["inputs"] != nil, let labels = file["labels"] else {
            throw fail("needs the tensors 'inputs' and 'labels', and holds \(names.isEmpty ? "none" : names)")
        }
        let inputs = try file.tensor("inputs")
        guard inputs.rank >= 2, labels.shape == [inputs.shape[0]] else {
            throw fail(
                "needs inputs of shape [examples, …] and one label for each example, got inputs of shape \(inputs.shape) "
                    + "and labels of shape \(labels.shape)")
        }
        let values = try ExampleSet.wholeNumbers(file, labels, fail)
        do {
            self = try ExampleSet(name: name, source: file.path, inputs: inputs, labels: values)
        } catch { throw fail("is not a set of examples: \(error.description)") }
    }

    private static func wholeNumbers(
        _ file: SafetensorsFile, _ entry: SafetensorsFile.Entry, _ fail: (String) -> SetFileError
    ) throws -> [Int] {
        if entry.elementType.isFloatingPoint {
            return try file.tensor(entry.name).scalars.enumerated().map { place, value in
                guard let label = Int(exactly: value) else {
                    throw fail("label \(place + 1) is \(value), expected a whole number")
                }
                return label
            }
        }
        guard let bits = entry.elementType.bits, entry.elementType.isWholeNumber else {
            throw fail("has labels of type \(entry.elementType.name), expected whole numbers: convert them to I64")
        }
        let size = bits / 8
        let isSigned = [.i8, .i16, .i32, .i64].contains(entry.elementType)
        let bytes = try file.bytes(entry.name)
        return try stride(from: 0, to: bytes.count, by: size).map { start in
            let word = bytes[start..<(start + size)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            if isSigned {
                let unused = UInt64(64 - 8 * size)
                return Int(Int64(bitPattern: word << unused) >> Int64(unused))
            }
            guard let label = Int(exactly: word) else { throw fail("label \(start / size + 1) is \(word)") }
            return label
        }
    }
}

/// A file that holds no set of examples.
public struct SetFileError: Error, Equatable, Sendable, CustomStringConvertible {
    public let path: String
    public let message: String
    public var description: String { "'\(path)' \(message)" }
}
