package import RLEditCore

extension Manifest.DataSource {
    /// The name in words: the program's own digits are called `generated` in files.
    package var plainName: String { RunSummary.Data(name: name, hash: hash).title }

    /// As people know it: data by their name, with the file's where it says more; models and policies by their file.
    package var title: String {
        guard let file else { return plainName }
        let base = file.split(separator: "/").last.map(String.init) ?? file
        return kind != .data || base.hasPrefix(name) ? base : "\(plainName) (\(base))"
    }
}

extension RunSummary.Data {
    var title: String { name == "generated" ? "generated digits" : name }
}

extension Manifest {
    /// The shell command that makes this run again where it was made: all that decides its results, and nothing else.
    public var command: String {
        var words = ["rledit-lua", script.source]
        if let seed {
            words += ["--seed", "\(seed)"]
        } else if seeds == Array(0..<seeds.count), seeds.count > 1 {
            words += ["--seeds", "\(seeds.count)"]
        }
        if let edit = options["edit"]?.string, edit != "mean-policy" { words += ["--edit", edit] }
        return ShellCommand.text(words + Manifest.scriptOptions(options))
    }

    /// The edit that the run saved, which counts as its result.
    func resultStage(of summary: RunSummary) -> Stage {
        let saved = options["edit"]?.string == "best-seen" ? Stage.bestSeen : .meanPolicy
        return summary.stages.contains(saved) ? saved : summary.resultStage
    }

    /// The options of every command that runs a script, as ``options`` records them, and what follows `--`.
    package static func scriptOptions(_ options: JSONObject) -> [String] {
        var words: [String] = []
        if let data = options["data"]?.string { words += ["--data", data] }
        for pair in options["set"]?.object?.members ?? [] {
            words += ["--set", "\(pair.key)=\(pair.value.string ?? "")"]
        }
        for file in options["allow"]?.array ?? [] { words += ["--allow", file.string ?? ""] }
        if let rule = options["on_invalid_reward"]?.string { words += ["--on-invalid-reward", rule] }
        if let megabytes = options["prefix_memory"]?.integer { words += ["--prefix-memory", "\(megabytes)"] }
        if options["trust"]?.bool == true { words.append("--trust") }
        let arguments = (options["script_arguments"]?.array ?? []).compactMap(\.string)
        return arguments.isEmpty ? words : words + ["--"] + arguments
    }
}

/// A command line as a POSIX shell reads it.
package enum ShellCommand {
    /// Words with anything but plain characters are quoted, so that the shell gives each back as it was.
    package static func text(_ words: [String]) -> String { words.map(quoted).joined(separator: " ") }

    private static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "_-+=:,./@%".utf8.contains(byte)
            }
        }
        return isPlain && !word.isEmpty ? word : "'\(word.replacing("'", with: "'\\''"))'"
    }
}

/// Different values in the order in which they first appear.
package struct Distinct {
    package let values: [String]

    package init(_ values: [String]) {
        self.values = values.reduce(into: []) { if !$1.isEmpty, !$0.contains($1) { $0.append($1) } }
    }

    /// The one value, where there is no other.
    package var only: String? { values.count == 1 ? values.first : nil }

    /// All of them, or the first few and how many more there are.
    package var text: String {
        let most = 4
        if values.count <= most { return values.joined(separator: ", ") }
        return values.prefix(most - 1).joined(separator: ", ") + " and \(values.count - most + 1) more"
    }
}
