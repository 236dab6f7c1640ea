import Foundation
import Testing

/// Each fault of a safetensors file is refused with a message that names the tensor and the fault.
@Suite("Faulty safetensors files, end to end")
struct SafetensorsFaultTests {
    struct Fault: CustomTestStringConvertible, Sendable {
        let name: String
        let file: [UInt8]
        let report: String
        var testDescription: String { name }

        init(_ name: String, file: [UInt8], _ report: String) {
            self.name = name
            self.file = file
            self.report = report
        }

        /// A file of a header, whose length may be given wrongly, and so many bytes of data.
        init(_ name: String, _ header: String, data: Int = 0, length: UInt64? = nil, _ report: String) {
            let text = Array(header.utf8)
            var file = withUnsafeBytes(of: (length ?? UInt64(text.count)).littleEndian) { Array($0) }
            file += text
            file += [UInt8](repeating: 0, count: data)
            self.init(name, file: file, report)
        }
    }

    /// The header of one 2 × 2 tensor with some of it replaced.
    private static func tensor(
        dtype: String = "F32", shape: String = "[2,2]", offsets: String = "[0,16]", name: String = "w"
    ) -> String {
        #""\#(name)":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}"#
    }

    static let whole = "expected a whole number from 0 to 2^53 - 1"
    static let faults: [Fault] = [
        Fault("short file", file: [1, 2, 3], "not a safetensors file: 3 bytes, the header length alone takes 8"),
        Fault("no header", "", "not a safetensors file: header length 0"),
        Fault(
            "huge header", "{}", length: 200 << 20,
            "not a safetensors file: header length 209715200 is over the limit of 100000000 bytes"),
        Fault(
            "header past the end", "{}", length: 99,
            "truncated: the header takes 99 bytes, and the file ends after 10; get the file again"),
        Fault("not UTF-8", file: [4, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x22, 0xFF, 0x7D], "the header is not UTF-8"),
        Fault("not JSON", #"{"a":"#, "the header is not valid JSON: expected more text at byte 5"),
        Fault("not an object", "[1]", "not a safetensors file: the header does not start with '{'"),
        Fault("trailing characters", "{}x", "characters after the end of the header's JSON, at byte 2"),
        Fault("deep nesting", #"{"a":[[[[[[[[[]]]]]]]]]}"#, "the header nests deeper than 8 levels at byte 12"),
        Fault("a name twice", "{\(tensor()),\(tensor())}", data: 16, "tensor 'w': the name occurs twice"),
        Fault(
            "control character", "{\(tensor(name: #"a\u0000b"#))}", data: 16,
            #"tensor 'a\u{0}b': a control character in the name, at byte 1 of the header"#),
        Fault(
            "a type that takes no whole bytes", "{\(tensor(dtype: "F6_E2M3", shape: "[3]"))}", data: 16,
            "tensor 'w': shape [3] of F6_E2M3 takes 18 bits, expected whole bytes"),
        Fault("negative size", "{\(tensor(shape: "[-2,2]"))}", data: 16, "tensor 'w': shape holds -2, \(whole)"),
        Fault("fractional size", "{\(tensor(shape: "[2.5,2]"))}", data: 16, "tensor 'w': shape holds 2.5, \(whole)"),
        Fault(
            "huge size", "{\(tensor(shape: "[100000000000000000000,2]"))}", data: 16,
            "tensor 'w': shape holds 100000000000000000000, \(whole)"),
        Fault(
            "overflowing product", "{\(tensor(shape: "[1099511627776,1099511627776]"))}", data: 16,
            "tensor 'w': shape [1099511627776, 1099511627776] holds more bytes than a computer can address"),
        Fault(
            "wrong size", "{\(tensor(shape: "[2,3]"))}", data: 16,
            "tensor 'w': shape [2, 3] of F32 takes 24 bytes, but data_offsets [0, 16] span 16"),
        Fault(
            "hole", "{\(tensor()),\(tensor(offsets: "[20,36]", name: "v"))}", data: 36,
            "tensor 'v': data starts at 20, leaving a hole of 4 bytes after 16"),
        Fault(
            "overlap", "{\(tensor()),\(tensor(offsets: "[8,24]", name: "v"))}", data: 24,
            "tensor 'v': data starts at 8, inside the tensor before it, which ends at 16"),
        Fault("trailing bytes", "{\(tensor())}", data: 20, "4 bytes of data belong to no tensor"),
        Fault(
            "truncated data", "{\(tensor())}", data: 8,
            "tensor 'w': truncated: data_offsets [0, 16] lie outside the file's 8 bytes of data; get the file again"),
    ]

    private static let script = """
        local rledit = require "rledit"
        local model = rledit.models.mlp { widths = { 2, 2 } }
        model:load "model.safetensors"
        """

    @Test("A faulty file is refused at the script's line", arguments: faults)
    func refused(_ fault: Fault) throws {
        let workspace = try Workspace(["t.lua": Self.script])
        try workspace.write(fault.file, to: "data/model.safetensors")
        let ended = try workspace.run("t.lua")
        #expect(ended.report == "t.lua:3: \(workspace.path)/data/model.safetensors: \(fault.report)")
        #expect(ended.code == 1)
    }
}
