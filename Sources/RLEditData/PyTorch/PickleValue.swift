/// What a pickle of tensors and plain containers can hold.
enum PickleValue {
    case none
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case tuple(PickleBox<[PickleValue]>)
    case list(PickleBox<[PickleValue]>)
    case dictionary(PickleBox<[(key: PickleValue, value: PickleValue)]>)
    /// A name that the pickle imports: `torch FloatStorage`.
    case global(String)
    case storage(TorchStorage)
    case tensor(TorchTensor)
}

/// All containers of some pickles.
///
/// A pickle can nest them deeper than the stack could follow when they are freed one in another, and lay them in circles that
/// would never be freed. So they are kept here, and emptied one by one.
final class PickleContainers {
    private var lists: [PickleBox<[PickleValue]>] = []
    private var dictionaries: [PickleBox<[(key: PickleValue, value: PickleValue)]>] = []

    func list() -> PickleValue { .list(kept([])) }

    func tuple(_ parts: [PickleValue]) -> PickleValue { .tuple(kept(parts)) }

    func dictionary(_ members: [(key: PickleValue, value: PickleValue)] = []) -> PickleValue {
        let box = PickleBox(members)
        dictionaries.append(box)
        return .dictionary(box)
    }

    /// Takes everything out of the containers; values of them mean nothing afterwards.
    func empty() {
        for list in lists { list.contents = [] }
        for dictionary in dictionaries { dictionary.contents = [] }
        (lists, dictionaries) = ([], [])
    }

    private func kept(_ contents: [PickleValue]) -> PickleBox<[PickleValue]> {
        let box = PickleBox(contents)
        lists.append(box)
        return box
    }
}

/// A container that later instructions add to, wherever it is by then.
final class PickleBox<Contents> {
    var contents: Contents
    init(_ contents: Contents) { self.contents = contents }
}

/// Elements that tensors are views of, by the key under which the file keeps them.
struct TorchStorage: Equatable {
    let key: String
    let type: TorchType
    let count: Int
}

/// A tensor as a view of a storage: extents and strides in elements.
struct TorchTensor {
    let storage: TorchStorage
    let offset: Int
    let shape: [Int]
    let strides: [Int]
}

/// Element types that PyTorch's files name by their storages, with the names that safetensors files have for them.
enum TorchType: String {
    case float32 = "FloatStorage"
    case float64 = "DoubleStorage"
    case float16 = "HalfStorage"
    case bfloat16 = "BFloat16Storage"
    case int64 = "LongStorage"
    case int32 = "IntStorage"
    case int16 = "ShortStorage"
    case int8 = "CharStorage"
    case uint8 = "ByteStorage"
    case boolean = "BoolStorage"

    /// Bytes of one element.
    var size: Int {
        switch self {
        case .float64, .int64: 8
        case .float32, .int32: 4
        case .float16, .bfloat16, .int16: 2
        case .int8, .uint8, .boolean: 1
        }
    }

    var name: String {
        switch self {
        case .float32: "F32"
        case .float64: "F64"
        case .float16: "F16"
        case .bfloat16: "BF16"
        case .int64: "I64"
        case .int32: "I32"
        case .int16: "I16"
        case .int8: "I8"
        case .uint8: "U8"
        case .boolean: "BOOL"
        }
    }
}

/// What is wrong with a PyTorch file.
public enum TorchFault: Error, Equatable, Sendable {
    /// The pickle imports something that is no tensor and no plain container. To load it would run code.
    case global(String)
    /// An instruction that files of tensors do not use.
    case instruction(UInt8)
    /// The pickle ends early, or is no sequence of instructions.
    case malformed(String)
    case tooLarge(limit: Int)
    /// The file holds no tensors by name.
    case noTensors
    /// A tensor reaches out of its storage, or is too large.
    case tensor(name: String, reason: String)
    /// The archive has no data for a storage.
    case missingStorage(String)

    var description: String {
        switch self {
        case .global(let name):
            "it refers to '\(name)', and only tensors and plain containers are read, since a pickle can run any code; write "
                + "the weights in Python by safetensors.torch.save_file(model.state_dict(), \"model.safetensors\")"
        case .instruction(let code): "its pickle has the instruction 0x\(String(code, radix: 16)), which is not read"
        case .malformed(let reason): "its pickle is damaged: \(reason)"
        case .tooLarge(let limit): "it is too large: at most \(limit) bytes are read"
        case .noTensors: "it holds no tensors by name; expected the dictionary that model.state_dict() gives"
        case .tensor(let name, let reason): "tensor '\(name)' \(reason)"
        case .missingStorage(let key): "the data of storage '\(key)' are missing"
        }
    }
}
