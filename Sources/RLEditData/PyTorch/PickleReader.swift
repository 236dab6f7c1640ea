/// Reads the pickles that PyTorch keeps tensors in: a machine with a stack and a memo, of which only the instructions are
/// known that make tensors and plain containers.
///
/// Nothing is ever imported or called. Of global names those of storages, tensors and ordered dictionaries mean something
/// here; every other one is an error that names it. Source: CPython's `Lib/pickletools.py`, protocols 2 to 5.
struct PickleReader {
    private let bytes: [UInt8]
    private let containers: PickleContainers
    /// Where the next instruction is.
    private(set) var position: Int
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    /// Instructions left: a pickle can be short and still build a lot.
    private var budget = 20_000_000

    /// - Parameter containers: gets all containers that are made; the caller empties it when done with the values.
    init(_ bytes: [UInt8], _ containers: PickleContainers) {
        (self.bytes, self.containers, position) = (bytes, containers, 0)
    }

    /// Runs to the end of one pickle.
    mutating func value() throws(TorchFault) -> PickleValue {
        (stack, marks, memo) = ([], [], [:])
        while true {
            budget -= 1
            guard budget > 0 else { throw .malformed("it has too many instructions") }
            let code = try byte()
            if code == UInt8(ascii: ".") { return try pop() }
            try run(code)
        }
    }

    private mutating func run(_ code: UInt8) throws(TorchFault) {
        switch code {
        case 0x80: _ = try byte()  // PROTO
        case 0x95: _ = try number(bytes: 8)  // FRAME
        case UInt8(ascii: "("): marks.append(stack.count)
        case UInt8(ascii: "N"): stack.append(.none)
        case 0x88: stack.append(.boolean(true))
        case 0x89: stack.append(.boolean(false))
        case UInt8(ascii: "J"): stack.append(.integer(Int(Int32(truncatingIfNeeded: try number(bytes: 4)))))
        case UInt8(ascii: "K"): stack.append(.integer(try number(bytes: 1)))
        case UInt8(ascii: "M"): stack.append(.integer(try number(bytes: 2)))
        case 0x8A: stack.append(.integer(try long()))
        case UInt8(ascii: "G"): stack.append(.number(try double()))
        case UInt8(ascii: "X"): stack.append(.text(try text(try number(bytes: 4))))
        case 0x8C, UInt8(ascii: "U"): stack.append(.text(try text(try number(bytes: 1))))
        case 0x8D: stack.append(.text(try text(try number(bytes: 8))))
        case UInt8(ascii: "T"): stack.append(.text(try text(try number(bytes: 4))))
        case UInt8(ascii: "}"): stack.append(containers.dictionary())
        case UInt8(ascii: "]"): stack.append(containers.list())
        case UInt8(ascii: ")"): stack.append(containers.tuple([]))
        case UInt8(ascii: "t"):
            let parts = try popToMark()
            stack.append(containers.tuple(parts))
        case 0x85...0x87:
            var parts: [PickleValue] = []
            for _ in 0..<(code - 0x84) { parts.insert(try pop(), at: 0) }
            stack.append(containers.tuple(parts))
        case UInt8(ascii: "a"):
            let member = try pop()
            try append([member])
        case UInt8(ascii: "e"):
            let members = try popToMark()
            try append(members)
        case UInt8(ascii: "s"):
            let value = try pop()
            let key = try pop()
            try set([key, value])
        case UInt8(ascii: "u"):
            let pairs = try popToMark()
            try set(pairs)
        case UInt8(ascii: "q"): memo[try number(bytes: 1)] = try top()
        case UInt8(ascii: "r"): memo[try number(bytes: 4)] = try top()
        case 0x94: memo[memo.count] = try top()
        case UInt8(ascii: "h"): try recall(try number(bytes: 1))
        case UInt8(ascii: "j"): try recall(try number(bytes: 4))
        case UInt8(ascii: "c"): stack.append(try global("\(try line()) \(try line())"))
        case 0x93:
            guard case .text(let name) = try pop(), case .text(let module) = try pop() else {
                throw .malformed("a global has no name")
            }
            stack.append(try global("\(module) \(name)"))
        case UInt8(ascii: "Q"): stack.append(.storage(try PickleReader.storage(try pop())))
        case UInt8(ascii: "R"):
            let arguments = try pop()
            stack.append(try made(by: try pop(), arguments))
        case UInt8(ascii: "b"): _ = try pop()  // BUILD: what an ordered dictionary keeps beside its members
        case UInt8(ascii: "0"): _ = try pop()
        default: throw .instruction(code)
        }
    }

    // MARK: The stack

    private mutating func pop() throws(TorchFault) -> PickleValue {
        guard stack.count > (marks.last ?? 0), let value = stack.popLast() else {
            throw .malformed("a value is missing")
        }
        return value
    }

    private mutating func popToMark() throws(TorchFault) -> [PickleValue] {
        guard let mark = marks.popLast() else { throw .malformed("a mark is missing") }
        defer { stack.removeSubrange(mark...) }
        return Array(stack[mark...])
    }

    private func top() throws(TorchFault) -> PickleValue {
        guard let value = stack.last else { throw .malformed("a value is missing") }
        return value
    }

    private mutating func recall(_ place: Int) throws(TorchFault) {
        guard let value = memo[place] else { throw .malformed("a value is recalled that was not kept") }
        stack.append(value)
    }

    private func append(_ values: [PickleValue]) throws(TorchFault) {
        guard case .list(let list) = try top() else { throw .malformed("a member has no list") }
        list.contents += values
    }

    private func set(_ pairs: [PickleValue]) throws(TorchFault) {
        guard case .dictionary(let dictionary) = try top(), pairs.count % 2 == 0 else {
            throw .malformed("a member has no dictionary")
        }
        for place in stride(from: 0, to: pairs.count, by: 2) {
            dictionary.contents.append((pairs[place], pairs[place + 1]))
        }
    }

    // MARK: Tensors

    private static let tensorMakers: Set<String> = [
        "torch._utils _rebuild_tensor", "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_parameter",
        "collections OrderedDict",
    ]

    private func global(_ name: String) throws(TorchFault) -> PickleValue {
        let isStorage = name.hasPrefix("torch ") && TorchType(rawValue: String(name.dropFirst(6))) != nil
        guard isStorage || PickleReader.tensorMakers.contains(name) else {
            throw .global(name.replacing(" ", with: "."))
        }
        return .global(name)
    }

    /// A storage from what a pickle says of it: `("storage", type, key, location, count, …)`.
    private static func storage(_ value: PickleValue) throws(TorchFault) -> TorchStorage {
        guard case .tuple(let tuple) = value, case let parts = tuple.contents, parts.count >= 5,
            case .text("storage") = parts[0],
            case .global(let name) = parts[1], let type = TorchType(rawValue: String(name.dropFirst(6))),
            case .text(let key) = parts[2], case .integer(let count) = parts[4], count >= 0
        else { throw .malformed("a storage is not described as storages are") }
        if parts.count > 5, case .tuple = parts[5] { throw .malformed("a storage is a view of another") }
        return TorchStorage(key: key, type: type, count: count)
    }

    private func made(by maker: PickleValue, _ arguments: PickleValue) throws(TorchFault) -> PickleValue {
        guard case .global(let name) = maker, case .tuple(let tuple) = arguments else {
            throw .malformed("something that is no function is called")
        }
        let parts = tuple.contents
        switch name {
        case "collections OrderedDict":
            // Older files give the members as a list of pairs.
            guard case .list(let list)? = parts.first else { return containers.dictionary() }
            var members: [(key: PickleValue, value: PickleValue)] = []
            for pair in list.contents {
                switch pair {
                case .tuple(let pair) where pair.contents.count == 2, .list(let pair) where pair.contents.count == 2:
                    members.append((pair.contents[0], pair.contents[1]))
                default: throw .malformed("a member of a dictionary is no pair")
                }
            }
            return containers.dictionary(members)
        case "torch._utils _rebuild_parameter":
            guard let tensor = parts.first, case .tensor = tensor else { throw .malformed("a parameter has no tensor") }
            return tensor
        case "torch._utils _rebuild_tensor", "torch._utils _rebuild_tensor_v2":
            guard parts.count >= 4, case .storage(let storage) = parts[0], case .integer(let offset) = parts[1],
                let shape = PickleReader.sizes(parts[2]), let strides = PickleReader.sizes(parts[3]),
                shape.count == strides.count
            else { throw .malformed("a tensor is not described as tensors are") }
            return .tensor(TorchTensor(storage: storage, offset: offset, shape: shape, strides: strides))
        default: throw .malformed("'\(name)' is no function")
        }
    }

    private static func sizes(_ value: PickleValue) -> [Int]? {
        guard case .tuple(let tuple) = value, tuple.contents.count <= 16 else { return nil }
        var sizes: [Int] = []
        for part in tuple.contents {
            guard case .integer(let size) = part, size >= 0 else { return nil }
            sizes.append(size)
        }
        return sizes
    }

    // MARK: Bytes

    private mutating func byte() throws(TorchFault) -> UInt8 {
        guard position < bytes.count else { throw .malformed("it ends early") }
        position += 1
        return bytes[position - 1]
    }

    private mutating func take(_ count: Int) throws(TorchFault) -> ArraySlice<UInt8> {
        guard count >= 0, count <= bytes.count - position else { throw .malformed("it ends early") }
        position += count
        return bytes[(position - count)..<position]
    }

    /// An unsigned little-endian number.
    private mutating func number(bytes count: Int) throws(TorchFault) -> Int {
        let value = try take(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let number = Int(exactly: value) else { throw .malformed("a number is too large") }
        return number
    }

    /// A signed number of up to eight bytes; longer ones, such as the magic number of old files, are not distinguished.
    private mutating func long() throws(TorchFault) -> Int {
        let part = try take(try number(bytes: 1))
        guard part.count <= 8 else { return 0 }
        var value: Int64 = (part.last ?? 0) & 0x80 == 0 ? 0 : -1
        for byte in part.reversed() { value = value << 8 | Int64(byte) }
        return Int(value)
    }

    private mutating func double() throws(TorchFault) -> Double {
        Double(bitPattern: try take(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    private mutating func text(_ count: Int) throws(TorchFault) -> String {
        guard let text = String(validating: try take(count), as: UTF8.self) else {
            throw .malformed("a text is not UTF-8")
        }
        return text
    }

    private mutating func line() throws(TorchFault) -> String {
        guard let end = bytes[position...].firstIndex(of: 0x0A) else { throw .malformed("it ends early") }
        defer { position = end + 1 }
        guard let text = String(validating: bytes[position..<end], as: UTF8.self) else {
            throw .malformed("a name is not UTF-8")
        }
        return text
    }
}
