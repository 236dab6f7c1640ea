import Foundation
import RLEditNN
import RLEditTensor
import RLEditTestSupport
import Testing

/// A folder of its own for each test, removed with it.
private final class Folder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("safetensors-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }
    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? [] }
}

@Suite("Safetensors: reading and writing")
struct SafetensorsTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    @Test("A file that PyTorch wrote is read with all dtypes")
    func dtypes() throws {
        let file = try Fixture.file("dtypes")
        let full = try file.tensor("f32").scalars
        #expect(full.count == 48 && full[42] == 65504)
        #expect(try file.tensor("f16").scalars[43] == 65504)
        #expect(try file.tensor("f16").scalars[44] == 0x1p-24)
        #expect(try file.tensor("bf16").scalars[47] == -1)
        #expect(try file.tensor("scalar").shape == [] && file.tensor("scalar").scalars == [1.5])
        #expect(try file.tensor("none").shape == [0, 4])
        #expect(try Fixture.integers(file, "num_batches_tracked") == [7])
        #expect(file["mask"]?.elementType == .bool && file["bytes"]?.elementType == .u8)
        #expect(try file.bytes("bytes") == [0, 1, 2, 3, 4])
        #expect(file.metadata.map(\.key) == ["author"] && file.metadata[0].value == "a \"quoted\" näme")
        #expect(
            "\(expectError { _ = try file.tensor("ints") })".hasSuffix(
                "expected a tensor of F64, F32, F16 or BF16, got I32; convert it to float32"))
    }

    @Test("16-bit values are narrowed as PyTorch narrows them")
    func narrowing() throws {
        let golden = try Fixture.file("dtypes")
        var file = SafetensorsFile()
        // The last but four values of the fixture are within the range of F16 after rounding.
        let values = try golden.tensor("f32")
        try file.setTensor("f16", values, elementType: .f16)
        try file.setTensor("bf16", values, elementType: .bf16)
        #expect(try file.bytes("f16") == golden.bytes("f16"))
        #expect(try file.bytes("bf16") == golden.bytes("bf16"))
    }

    @Test("Every 16-bit pattern survives reading and writing")
    func allHalves() throws {
        let patterns = (0...UInt16.max).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        for type in [ElementType.f16, .bf16] {
            var file = SafetensorsFile()
            try file.setBytes("x", patterns, elementType: type, shape: [65536])
            let values = try file.tensor("x")
            var copy = SafetensorsFile()
            try copy.setTensor("x", values, elementType: type)
            let written = try copy.bytes("x")
            for (index, value) in values.scalars.enumerated() where !value.isNaN {
                #expect(written[2 * index] == patterns[2 * index] && written[2 * index + 1] == patterns[2 * index + 1])
            }
        }
    }

    @Test("Narrowing rounds to nearest, ties to even")
    func ties() throws {
        let cases: [(ElementType, Float, UInt16)] = [
            (.f16, 1 + 0x1p-11, 0x3C00), (.f16, 1 + 0x1.8p-10, 0x3C02), (.f16, 65519, 0x7BFF), (.f16, 0x1p-25, 0),
            (.f16, 0x1.8p-24, 2), (.f16, 0x1.ffcp-15, 0x0400), (.f16, -0.0, 0x8000), (.f16, .infinity, 0x7C00),
            (.bf16, 1 + 0x1p-8, 0x3F80), (.bf16, 1 + 0x1.8p-7, 0x3F82), (.bf16, -.infinity, 0xFF80),
        ]
        for (type, value, bits) in cases {
            var file = SafetensorsFile()
            try file.setTensor("x", Tensor([value]), elementType: type)
            #expect(try file.bytes("x") == [UInt8(bits & 0xFF), UInt8(bits >> 8)], "\(type) \(value)")
        }
    }

    @Test("Values that would become infinite are reported and nothing is changed")
    func overflow() throws {
        var file = SafetensorsFile()
        try file.setTensor("x", Tensor([1, 2, 3]), elementType: .f16)
        let before = try file.bytes("x")
        let error = expectError { try file.setTensor("x", Tensor([65520, 1, -1e30])) }
        #expect(
            "\(error)" == "safetensors: tensor 'x': 2 values are too large for F16 and would become infinite")
        #expect(try file.bytes("x") == before)
        #expect(throws: SafetensorsError.self) {
            try file.setTensor("y", Tensor([.greatestFiniteMagnitude]), elementType: .bf16)
        }
    }

    @Test("A file like PyTorch's is written to the byte as the reference writer writes it")
    func referenceBytes() throws {
        let source = try Fixture.file("small_cnn")
        var network = try Fixture.smallCNN()
        try network.loadParameters(from: source)
        let path = folder.path("copy.safetensors")
        try network.safetensors(metadata: [("format", "pt")]).write(to: path)
        #expect(try bytes(path) == bytes(try Fixture.path("small_cnn")))
    }

    @Test("An edited file keeps names, dtypes, metadata, and the bytes of what was not edited")
    func edited() throws {
        let source = try Fixture.file("dtypes")
        var network = try Network(
            inputShape: [4], layers: [("fc", Linear(4, 3))], random: RandomStream(seed: 0))
        let origin = try network.loadParameters(from: source, LoadOptions(ignore: [.everything]))
        var weight = try #require(network.parameter("fc.weight")).scalars
        weight[5] = 0.1
        try network.setParameter("fc.weight", Tensor(weight, shape: [3, 4]))
        let path = folder.path("edited.safetensors")
        try network.safetensors(basedOn: origin, metadata: [("rledit.task", "unlearn-7")]).write(to: path)

        let written = try SafetensorsFile(path: path)
        #expect(Set(written.entries.map(\.name)) == Set(source.entries.map(\.name)))
        for entry in source.entries {
            #expect(written[entry.name]?.elementType == entry.elementType)
            // F64 biases do not pass through Float.
            let same = try written.bytes(entry.name) == source.bytes(entry.name)
            #expect(same == (entry.name != "fc.weight"), "\(entry.name)")
        }
        #expect(try written.tensor("fc.weight").scalars[5] == 0.10009765625)
        #expect(written.metadata.map(\.key) == ["author", "rledit.task"])
        #expect(written.metadata.map(\.value) == ["a \"quoted\" näme", "unlearn-7"])
    }

    @Test("Tensors are written by falling element size, then name, after a header that ends on 8 bytes")
    func order() throws {
        var file = SafetensorsFile()
        try file.setTensor("b", Tensor([1]))
        try file.setBytes("z", [1], elementType: .u8, shape: [1])
        try file.setTensor("c", Tensor([2]), elementType: .f64)
        try file.setTensor("a", Tensor([3]))
        try file.setTensor("h", Tensor([4]), elementType: .f16)
        file.setMetadata("zebra", "1\n\u{1}")
        file.setMetadata("ant", "2")
        let path = folder.path("order.safetensors")
        try file.write(to: path)
        let all = try bytes(path)
        let length = Int(all[0]) | Int(all[1]) << 8
        #expect(length % 8 == 0 && all.count == 8 + length + 8 + 4 + 4 + 2 + 1)
        let header = String(decoding: all[8..<(8 + length)], as: UTF8.self)
        #expect(
            header.trimmingCharacters(in: .whitespaces)
                == #"{"__metadata__":{"zebra":"1\n\u0001","ant":"2"},"#
                + #""c":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"#
                + #""a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},"#
                + #""b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]},"#
                + #""h":{"dtype":"F16","shape":[1],"data_offsets":[16,18]},"#
                + #""z":{"dtype":"U8","shape":[1],"data_offsets":[18,19]}}"#)
        let read = try SafetensorsFile(path: path)
        #expect(read.metadata.map(\.key) == ["zebra", "ant"] && read.metadata[0].value == "1\n\u{1}")
        #expect(try read.tensor("c").scalars == [2] && read.tensor("h").scalars == [4])
    }

    @Test("A file can be written over the one it was read from, and no temporary file stays")
    func overwrite() throws {
        let path = folder.path("x.safetensors")
        try FileManager.default.copyItem(atPath: try Fixture.path("dtypes"), toPath: path)
        var file = try SafetensorsFile(path: path)
        try file.setTensor("scalar", Tensor(scalar: 2))
        try file.write(to: path)
        #expect(try SafetensorsFile(path: path).tensor("scalar").scalars == [2])
        #expect(try file.tensor("f32") == Fixture.file("dtypes").tensor("f32"))
        #expect(folder.names == ["x.safetensors"])
        #expect(throws: SafetensorsError.self) { try file.write(to: folder.path("none/x.safetensors")) }
    }

    @Test("Misaligned data is read")
    func misaligned() throws {
        let header =
            #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}}"#
        let path = folder.path("m")
        try write(header, data: [7, 0, 0, 0x80, 0x3F, 0, 0, 0, 0x40], path)
        #expect(try SafetensorsFile(path: path).tensor("b").scalars == [1, 2])
    }

    @Test("Parameters that are missing or of another shape are named, and the network stays as it was")
    func mapping() throws {
        let path = try Fixture.path("small_cnn")
        let file = try SafetensorsFile(path: path)
        var narrow = try Network(
            inputShape: [32], layers: [("fc1", Linear(32, 12)), ("fc2", Linear(12, 9))], random: RandomStream(seed: 0))
        let options = LoadOptions(ignore: [NamePattern("conv*")])
        let bits = parameterBits(narrow)
        #expect(
            "\(expectError { try narrow.loadParameters(from: file, options) })"
                == "\(path): tensor 'fc2.weight': expected shape [9, 12], got [10, 12]")
        #expect(parameterBits(narrow) == bits)
        var other = try Network(
            inputShape: [32], layers: [("head", Linear(32, 12))], random: RandomStream(seed: 0))
        #expect(
            "\(expectError { try other.loadParameters(from: file) })"
                == "\(path): no layer takes 8 tensors of the file: conv1.bias, conv1.weight, conv2.bias, conv2.weight, "
                + "fc1.bias, fc1.weight, fc2.bias, fc2.weight; 2 parameters of the network have no tensor: head.weight, "
                + "head.bias")
    }

    @Test(
        "PyTorch loads what we write and gives the same logits",
        .enabled(if: ProcessInfo.processInfo.environment["RLEDIT_PYTHON"] != nil, "RLEDIT_PYTHON names no Python"))
    func pytorch() throws {
        let python = try #require(ProcessInfo.processInfo.environment["RLEDIT_PYTHON"])
        let path = folder.path("ours.safetensors")
        try Fixture.smallCNN().safetensors(metadata: [("format", "pt")]).write(to: path)
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = [root.appendingPathComponent("scripts/golden/networks.py").path, "--check", path]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}

@Suite("Safetensors: every fault is refused with its own words")
struct SafetensorsRejectionTests {
    /// An entry of two F32 at `offsets`.
    private static func entry(_ name: String, _ offsets: String, shape: String = "[2]", dtype: String = "F32") -> String
    {
        #""\#(name)":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}"#
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let header: String
        var data = 8
        let message: String
        var testDescription: String { message }
    }

    static let cases: [Case] = [
        Case(header: "[]", message: "not a safetensors file: the header does not start with '{'"),
        Case(header: " {}", message: "not a safetensors file: the header does not start with '{'"),
        Case(header: "{", message: "the header is not valid JSON: expected a name at byte 1"),
        Case(header: "{\"a\" 1}", message: "the header is not valid JSON: expected ':' at byte 5"),
        Case(header: "{\"a\":nul}", message: "the header is not valid JSON: expected a value at byte 5"),
        Case(header: "{\"a\":01}", message: "the header is not valid JSON: expected ',' or '}' at byte 6"),
        Case(header: "{\"a\":\"\\x\"}", message: "the header is not valid JSON: expected an escape at byte 7"),
        Case(
            header: "{\"a\":\"\\ud800\"}", message: "the header is not valid JSON: expected a surrogate pair at byte 8"),
        Case(header: "{\"a\":[1,]}", message: "the header is not valid JSON: expected a value at byte 8"),
        Case(header: "{\"a", message: "the header is not valid JSON: expected the end of a string at byte 3"),
        Case(header: "{} x", message: "characters after the end of the header's JSON, at byte 3"),
        Case(header: "{}{}", message: "characters after the end of the header's JSON, at byte 2"),
        Case(
            header: "{\"a\":" + String(repeating: "[", count: 8),
            message: "the header nests deeper than 8 levels at byte 12"),
        Case(
            header: "{\(entry("a", "[0,8]")),\(entry("a", "[0,8]"))}", message: "tensor 'a': the name occurs twice"),
        Case(
            header: #"{"__metadata__":{"k":"1","k":"2"}}"#, data: 0, message: "tensor 'k': the name occurs twice"),
        Case(
            header: "{\(entry("a\\u0000b", "[0,8]"))}",
            message: "tensor 'a\\u{0}b': a control character in the name, at byte 1 of the header"),
        Case(
            header: "{\(entry("a\\u001b", "[0,8]"))}",
            message: "tensor 'a\\u{1b}': a control character in the name, at byte 1 of the header"),
        Case(
            header: "{\(entry("a", "[0,2]", shape: "[3]", dtype: "F4"))}", data: 2,
            message: "tensor 'a': shape [3] of F4 takes 12 bits, expected whole bytes"),
        Case(
            header: "{\(entry("a", "[0,8]", dtype: "F8_E4M3"))}",
            message: "tensor 'a': shape [2] of F8_E4M3 takes 2 bytes, but data_offsets [0, 8] span 8"),
        Case(
            header: "{\(entry("a", "[8,0]", dtype: "F23"))}",
            message: "tensor 'a': expected data_offsets in order, got [8, 0]"),
        Case(
            header: #"{"a":{"dtype":1,"shape":[2],"data_offsets":[0,8]}}"#,
            message: "tensor 'a': expected a string in dtype"),
        Case(header: #"{"a":[]}"#, message: "tensor 'a': expected an object with dtype, shape and data_offsets"),
        Case(
            header: #"{"a":{"dtype":"F32","data_offsets":[0,8]}}"#,
            message: "tensor 'a': expected a list of numbers in shape"),
        Case(header: "{\(entry("a", "[0]"))}", message: "tensor 'a': expected two numbers in data_offsets, got 1"),
        Case(
            header: #"{"__metadata__":{"k":1}}"#, data: 0,
            message: "tensor '__metadata__': expected an object of strings"),
        Case(
            header: "{\(entry("a", "[0,8]", shape: "[-2]"))}",
            message: "tensor 'a': shape holds -2, expected a whole number from 0 to 2^53 - 1"),
        Case(
            header: "{\(entry("a", "[0,8]", shape: "[2.0]"))}",
            message: "tensor 'a': shape holds 2.0, expected a whole number from 0 to 2^53 - 1"),
        Case(
            header: "{\(entry("a", "[0,8e0]"))}",
            message: "tensor 'a': data_offsets holds 8e0, expected a whole number from 0 to 2^53 - 1"),
        Case(
            header: "{\(entry("a", "[0,8]", shape: "[99999999999999999999]"))}",
            message: "tensor 'a': shape holds 99999999999999999999, expected a whole number from 0 to 2^53 - 1"),
        Case(
            header: "{\(entry("a", "[0,8]", shape: "[4294967296,4294967296]"))}",
            message: "tensor 'a': shape [4294967296, 4294967296] holds more bytes than a computer can address"),
        Case(
            header: "{\(entry("a", "[0,4]"))}",
            message: "tensor 'a': shape [2] of F32 takes 8 bytes, but data_offsets [0, 4] span 4"),
        Case(
            header: "{\(entry("a", "[8,0]"))}",
            message: "tensor 'a': expected data_offsets in order, got [8, 0]"),
        Case(
            header: "{\(entry("a", "[4,12]"))}", data: 12,
            message: "tensor 'a': data starts at 4, leaving a hole of 4 bytes after 0"),
        Case(
            header: "{\(entry("a", "[0,8]")),\(entry("b", "[4,12]"))}", data: 12,
            message: "tensor 'b': data starts at 4, inside the tensor before it, which ends at 8"),
        Case(header: "{\(entry("a", "[0,8]"))}", data: 11, message: "3 bytes of data belong to no tensor"),
        Case(
            header: "{\(entry("a", "[0,8]"))}", data: 7,
            message: "tensor 'a': truncated: data_offsets [0, 8] lie outside the file's 7 bytes of data; get "
                + "the file again"),
    ]

    @Test("The header", arguments: cases)
    func header(_ example: Case) throws {
        let folder = try Folder()
        let path = folder.path("bad.safetensors")
        try write(example.header, data: [UInt8](repeating: 0, count: example.data), path)
        #expect("\(expectError { _ = try SafetensorsFile(path: path) })" == "\(path): \(example.message)")
    }

    @Test("The lengths around the header")
    func lengths() throws {
        let folder = try Folder()
        let path = folder.path("bad.safetensors")
        let cases: [([UInt8], String)] = [
            ([], "the file is empty: get it again, the download may have failed"),
            ([1, 2, 3], "not a safetensors file: 3 bytes, the header length alone takes 8"),
            ([UInt8](repeating: 0, count: 9), "not a safetensors file: header length 0"),
            (
                [3, 0, 0, 0, 0, 0, 0, 0, 0x7D, 0x7B],
                "not a safetensors file: the header does not start with '{'"
            ),
            (
                [3, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D],
                "truncated: the header takes 3 bytes, and the file ends after 10; get the file again"
            ),
            (
                [1, 0xE1, 0xF5, 5, 0, 0, 0, 0],
                "not a safetensors file: header length 100000001 is over the limit of 100000000 bytes"
            ),
            (
                [UInt8](repeating: 255, count: 10),
                "not a safetensors file: header length 18446744073709551615 is over the limit of 100000000 bytes"
            ),
            ([2, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0xFF], "the header is not UTF-8"),
        ]
        for (bytes, message) in cases {
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            #expect("\(expectError { _ = try SafetensorsFile(path: path) })" == "\(path): \(message)")
        }
    }

    @Test("Files that cannot be read")
    func unreadable() throws {
        let folder = try Folder()
        let missing = folder.path("missing")
        #expect(
            "\(expectError { _ = try SafetensorsFile(path: missing) })"
                == "\(missing): cannot be read: No such file or directory")
        #expect(
            "\(expectError { _ = try SafetensorsFile(path: folder.url.path) })"
                == "\(folder.url.path): cannot be read: not a regular file")
    }

    @Test("A shape of 0 takes no bytes, and spaces may pad the header")
    func accepted() throws {
        let folder = try Folder()
        let path = folder.path("good")
        let header = "{\(Self.entry("a", "[0,0]", shape: "[0,3]")),\(Self.entry("b", "[0,4]", shape: "[]"))}  \n"
        try write(header, data: [0, 0, 0x80, 0x3F], path)
        let file = try SafetensorsFile(path: path)
        #expect(try file.tensor("a").shape == [0, 3] && file.tensor("b").scalars == [1])
        try write("{}", data: [], path)
        #expect(try SafetensorsFile(path: path).entries.isEmpty)
    }
}

private func write(_ header: String, data: [UInt8], _ path: String) throws {
    var bytes = Data()
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: Array(header.utf8))
    bytes.append(contentsOf: data)
    try bytes.write(to: URL(fileURLWithPath: path))
}

private func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

private struct NoError: Error {}

/// The error that `body` throws.
private func expectError(
    _ location: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) -> any Error {
    do { try body() } catch { return error }
    Issue.record("no error was thrown", sourceLocation: location)
    return NoError()
}
