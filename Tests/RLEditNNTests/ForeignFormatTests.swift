import Foundation
import RLEditNN
import Testing

@Suite("Files that are not safetensors files are recognized")
struct ForeignFormatTests {
    private static let torch =
        #"write the weights in Python by safetensors.torch.save_file(model.state_dict(), "model.safetensors")"#
    private static func zip(_ name: String) -> [UInt8] {
        Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 0, count: 26) + Array(name.utf8) + [0x80, 2]
    }

    static let cases: [([UInt8], String)] = [
        (
            Array("<!DOCTYPE html><html>404</html>".utf8),
            "an HTML page: download the file itself, not the page about it (on Hugging Face the link with /resolve/, not "
                + "/blob/)"
        ),
        (Array("\n <html lang=\"en\">…".utf8), "an HTML page: download"),
        (Array("<?xml version=\"1.0\"?><Error>AccessDenied</Error>".utf8), "an XML document: download"),
        (
            Array("version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 123\n".utf8),
            "the pointer that Git LFS keeps in its place: run `git lfs pull` where it was cloned"
        ),
        (zip("archive/data.pkl"), "a file that torch.save wrote (.pt, .pth): \(torch)"),
        ([0x80, 2, 0x8A, 10] + Array("lüF j P.".utf8), "a Python pickle, as torch.save once wrote: \(torch)"),
        (zip("weight.npy"), "a NumPy archive (.npz): read it by rledit.data.npz"),
        (zip("metadata.json"), "a Keras model (.keras): write the weights as safetensors"),
        (zip("x.txt"), "a zip archive: unpack it first; if torch.save wrote it, write the weights in Python by"),
        ([0x93] + Array("NUMPY".utf8) + [1, 0, 0x76, 0], "a NumPy array (.npy): read it by rledit.data.npy"),
        ([0x89] + Array("HDF\r\n\u{1A}\n".utf8) + [0], "an HDF5 file (.h5), as Keras writes: write the weights"),
        (Array("GGUF".utf8) + [3, 0, 0, 0, 1], "a GGUF file, as llama.cpp uses: take the safetensors file"),
        ([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], "compressed by gzip: decompress it first"),
        ([0x28, 0xB5, 0x2F, 0xFD, 4, 0, 0, 0, 1], "compressed by zstd: decompress it first"),
        (Array(#"{"weight": [1, 2]}"#.utf8), "JSON: give the file with the weights"),
        (
            Array(#"{"metadata": {}, "weight_map": {}}"#.utf8),
            "the index of a model in several files: name it model.safetensors.index.json"
        ),
        (
            Array("Entry not found\n".utf8),
            "text that begins with \"Entry not found\": was this a failed download? Get the file again"
        ),
        (Array("404".utf8), "text that begins with \"404\": was this"),
        (
            Array(String(repeating: "ä", count: 3000).utf8),
            "text that begins with \"\(String(repeating: "ä", count: 60))…\""
        ),
    ]

    @Test("Each is named, with what to do", arguments: cases)
    func recognized(bytes: [UInt8], message: String) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("foreign-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        do {
            _ = try SafetensorsFile(path: path)
            Issue.record("no error")
        } catch {
            #expect(error.description.hasPrefix("\(path): not a safetensors file but \(message)"), "\(error)")
        }
    }
}
