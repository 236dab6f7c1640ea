import Foundation
import RLEditData
import RLEditTestSupport
import Testing

@Suite("Files that torch.save wrote")
struct PyTorchFileTests {
    private static func path(_ name: String) -> String {
        Corpus.path(.torch, "\(name).pt")
    }

    private static func floats(_ entry: PyTorchFile.Entry) -> [Float] {
        stride(from: 0, to: entry.bytes.count, by: 4).map { start in
            Float(bitPattern: entry.bytes[start..<(start + 4)].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
        }
    }

    @Test(
        "views, types and parameters of a state dictionary, in both forms",
        arguments: ["state_dict", "state_dict-legacy"])
    func stateDictionary(name: String) throws {
        let path = Self.path(name)
        #expect(PyTorchFile.isOne(path))
        let entries = try PyTorchFile(path: path).entries
        #expect(
            entries.map { "\($0.name) \($0.type) \($0.shape)" } == [
                "whole F32 [3, 4]", "transposed F32 [4, 3]", "part F32 [2, 2]", "scalar F32 []", "empty F32 [0, 3]",
                "half F16 [2]", "brain BF16 [2]", "double F64 [1]", "count I64 []", "flags BOOL [2]",
                "parameter F32 [2]",
            ])
        #expect(Self.floats(entries[0]) == (0..<12).map(Float.init))
        #expect(Self.floats(entries[1]) == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
        #expect(Self.floats(entries[2]) == [4, 6, 8, 10])
        #expect(Self.floats(entries[3]) == [2.5])
        #expect(entries[4].bytes == [])
        #expect(entries[5].bytes == [0x00, 0x38, 0x00, 0xC0])
        #expect(entries[6].bytes == [0x00, 0x3F, 0x00, 0xC0])
        #expect(entries[8].bytes == [7, 0, 0, 0, 0, 0, 0, 0])
        #expect(entries[9].bytes == [1, 0])
        #expect(Self.floats(entries[10]) == [1, 2])
    }

    @Test(
        "the state dictionary of a training checkpoint, without the names that DataParallel adds",
        arguments: ["checkpoint", "checkpoint-legacy"])
    func checkpoint(name: String) throws {
        let entries = try PyTorchFile(path: Self.path(name)).entries
        #expect(entries.map(\.name) == ["whole", "transposed"])
    }

    @Test("anything but tensors and plain containers is refused by name, and files without tensors are")
    func refusals() throws {
        func fault(_ name: String) throws -> TorchFault? {
            do {
                _ = try PyTorchFile(path: Self.path(name))
                return nil
            } catch DataError.invalidTorch(_, let fault) {
                return fault
            }
        }
        #expect(try fault("hostile") == .global("posix.system"))
        #expect(try fault("no_tensors") == .noTensors)
    }

    @Test("containers nested without end, or in a circle, are freed one by one")
    func nesting() throws {
        let depth = 500_000
        let lists =
            [UInt8](repeating: UInt8(ascii: "]"), count: depth) + Array(repeating: UInt8(ascii: "a"), count: depth - 1)
        let tuples = [UInt8(ascii: ")")] + [UInt8](repeating: 0x85, count: depth)
        let circle = Array("]q\u{1}h\u{1}a".utf8)
        for bytes in [lists, tuples, circle] {
            let path = NSTemporaryDirectory() + "nested-\(UUID()).pt"
            try Data(bytes + [UInt8(ascii: ".")]).write(to: URL(fileURLWithPath: path))
            defer { try? FileManager.default.removeItem(atPath: path) }
            #expect(throws: DataError.invalidTorch(path: path, fault: .malformed("it ends early"))) {
                try PyTorchFile(path: path)
            }
        }
    }

    @Test(
        "a file cut off or changed anywhere gives an error or tensors, and never a trap",
        arguments: ["state_dict", "state_dict-legacy"])
    func damage(name: String) throws {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: Self.path(name))))
        let path = NSTemporaryDirectory() + "rledit-torch-\(UUID().uuidString).pt"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var refused = 0
        func read(_ bytes: [UInt8]) throws {
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            do { _ = try PyTorchFile(path: path) } catch { refused += 1 }
        }
        for end in stride(from: 0, to: bytes.count, by: 13) { try read(Array(bytes[..<end])) }
        #expect(refused == (bytes.count + 12) / 13)
        for place in stride(from: 0, to: bytes.count, by: 3) {
            var changed = bytes
            changed[place] ^= 0xFF
            try read(changed)
        }
    }
}
