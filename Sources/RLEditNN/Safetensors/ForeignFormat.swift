/// A format that is taken for safetensors now and then, recognized by its first bytes.
public struct ForeignFormat: Equatable, Sendable {
    /// "an HTML page".
    public let name: String
    /// What to do about it.
    public let advice: String

    /// How much of a file is looked at.
    static let sampleSize = 4096

    /// What a file that is not a safetensors file looks like; nil when nobody knows.
    init?(_ sample: [UInt8]) {
        for (bytes, name, advice) in ForeignFormat.signatures where sample.starts(with: bytes) {
            self.init(name: name, advice: advice)
            return
        }
        guard let found = ForeignFormat.archive(sample) ?? ForeignFormat.text(sample) else { return nil }
        self = found
    }

    private init(name: String, advice: String) {
        self.name = name
        self.advice = advice
    }

    private static let fromTorch =
        "write the weights in Python by safetensors.torch.save_file(model.state_dict(), \"model.safetensors\")"
    private static let fromOther = "write the weights as safetensors, in Python by safetensors.numpy.save_file"

    private static let signatures: [(bytes: [UInt8], name: String, advice: String)] = [
        ([0x89] + Array("HDF\r\n".utf8), "an HDF5 file (.h5), as Keras writes", fromOther),
        (Array("GGUF".utf8), "a GGUF file, as llama.cpp uses", "take the safetensors file that it was made from"),
        (Array("GGML".utf8), "a GGML file, as llama.cpp uses", "take the safetensors file that it was made from"),
        ([0x93] + Array("NUMPY".utf8), "a NumPy array (.npy)", "read it by rledit.data.npy"),
        ([0x1F, 0x8B], "compressed by gzip", "decompress it first"),
        (Array("BZh".utf8), "compressed by bzip2", "decompress it first"),
        ([0xFD] + Array("7zXZ".utf8), "compressed by xz", "decompress it first"),
        ([0x28, 0xB5, 0x2F, 0xFD], "compressed by zstd", "decompress it first"),
        (Array("7z".utf8) + [0xBC, 0xAF], "a 7z archive", "unpack it first"),
        ([0x80, 0x02], pickle, fromTorch), ([0x80, 0x03], pickle, fromTorch), ([0x80, 0x04], pickle, fromTorch),
        ([0x80, 0x05], pickle, fromTorch),
    ]
    private static let pickle = "a Python pickle, as torch.save once wrote"

    private static func archive(_ sample: [UInt8]) -> ForeignFormat? {
        if sample.count > 262, sample[257...].starts(with: "ustar".utf8) {
            return ForeignFormat(name: "a tar archive", advice: "unpack it first")
        }
        guard sample.starts(with: "PK".utf8), sample.count > 30 else { return nil }
        let text = String(decoding: sample, as: UTF8.self)
        if text.contains("data.pkl") {
            return ForeignFormat(name: "a file that torch.save wrote (.pt, .pth)", advice: fromTorch)
        }
        if text.contains(".npy") {
            return ForeignFormat(name: "a NumPy archive (.npz)", advice: "read it by rledit.data.npz")
        }
        if text.contains("model.weights.h5") || text.contains("config.json") || text.contains("metadata.json") {
            return ForeignFormat(name: "a Keras model (.keras)", advice: fromOther)
        }
        return ForeignFormat(name: "a zip archive", advice: "unpack it first; if torch.save wrote it, " + fromTorch)
    }

    private static func text(_ sample: [UInt8]) -> ForeignFormat? {
        if sample.starts(with: "version https://git-lfs".utf8) {
            return ForeignFormat(
                name: "the pointer that Git LFS keeps in its place", advice: "run `git lfs pull` where it was cloned")
        }
        // The sample may end inside a character.
        let text = String(decoding: sample, as: UTF8.self)
        let bad = text.unicodeScalars.dropLast().contains {
            $0 == "\u{FFFD}"
                || ($0.properties.generalCategory == .control && !"\t\n\u{C}\r".unicodeScalars.contains($0))
        }
        let start = text.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
        guard !bad, let first = start.first else { return nil }
        if first == "<" {
            let isPage =
                start.prefix(64).lowercased().hasPrefix("<!doctype html") || start.lowercased().contains("<html")
            return ForeignFormat(
                name: isPage ? "an HTML page" : "an XML document",
                advice: "download the file itself, not the page about it (on Hugging Face the link with /resolve/, not "
                    + "/blob/)")
        }
        if first == "{" || first == "[" {
            return start.contains("\"weight_map\"")
                ? ForeignFormat(
                    name: "the index of a model in several files",
                    advice: "name it model.safetensors.index.json beside its files, and give it to model:load")
                : ForeignFormat(name: "JSON", advice: "give the file with the weights")
        }
        let line = start.prefix { !$0.isNewline }
        let shown = line.count > 60 ? line.prefix(60) + "…" : line
        return ForeignFormat(
            name: "text that begins with \"\(shown)\"", advice: "was this a failed download? Get the file again")
    }
}
