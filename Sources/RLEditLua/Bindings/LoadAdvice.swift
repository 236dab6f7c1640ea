internal import RLEditNN

/// How somebody can load a file whose names or shapes do not fit the model.
struct LoadAdvice {
    let file: SafetensorsFile
    let network: Network
    let options: LoadOptions

    /// To be put after the error; empty where there is nothing to say.
    func text(for error: SafetensorsError) -> String {
        switch error.fault {
        case .names(let unexpected, let missing):
            if !missing.isEmpty, let hint = otherNames() { return hint }
            if missing.count == network.tensorNames.count {
                return "; name the layers as the file does, or map the file's names by 'rename'"
            }
            var permitted = options
            permitted.ignore += patterns(for: unexpected).map { NamePattern($0) }
            permitted.isPartial = options.isPartial || !missing.isEmpty
            return "; permit that by \(LoadAdvice.lua(permitted))"
        case .shape:
            guard let name = error.tensor else { return "" }
            var permitted = options
            permitted.ignore.append(NamePattern(name))
            permitted.isPartial = true
            return "; keep the model's own values by \(LoadAdvice.lua(permitted))"
        default: return ""
        }
    }

    // MARK: Names that nearly fit

    /// What wrappers of PyTorch put into names.
    private static let wrappers = [
        "_orig_mod.", "module.", "_fsdp_wrapped_module.", "_forward_module.", "_checkpoint_wrapped_module.",
    ]

    /// A prefix, or names of wrappers to take away, with which every parameter has a tensor.
    private func otherNames() -> String? {
        guard options.rename.isEmpty, options.beginning.isEmpty, let first = network.tensorNames.first else {
            return nil
        }
        let names = network.tensorNames
        for entry in file.entries where entry.name.utf8.count > first.utf8.count && entry.name.hasSuffix("." + first) {
            let prefix = String(entry.name.dropLast(first.count))
            if names.allSatisfy({ file[prefix + $0] != nil }) {
                return " (the file has '\(entry.name)': try { prefix = \(LoadAdvice.quoted(prefix)) })"
            }
        }
        let renamed = LoadOptions(
            prefix: options.prefix, rename: Dictionary(uniqueKeysWithValues: LoadAdvice.wrappers.map { ($0, "") }))
        var taken: [String: String] = [:]
        let wanted = Set(names)
        for entry in file.entries {
            if let name = renamed.networkName(of: entry.name), wanted.contains(name) { taken[name] = entry.name }
        }
        guard taken.count == names.count else { return nil }
        let used = LoadAdvice.wrappers.filter { wrapper in
            taken.values.contains { ".\($0)".contains(".\(wrapper)") }
        }
        guard let example = taken[first] else { return nil }
        var other = options
        other.rename = used.map { (from: $0, to: "") }
        return " (the file has '\(example)': try \(LoadAdvice.lua(other)))"
    }

    // MARK: Patterns

    private static let mostPatterns = 8

    /// Few patterns that match these names and none that a parameter takes: by module, of as many levels as it goes.
    private func patterns(for names: [String]) -> [String] {
        guard !names.isEmpty else { return [] }
        let wanted = Set(network.tensorNames)
        var takenModules: Set<Substring> = []
        for entry in file.entries {
            guard let name = options.networkName(of: entry.name), wanted.contains(name) else { continue }
            var module = entry.name[...]
            while let dot = module.lastIndex(of: ".") {
                module = module[..<dot]
                takenModules.insert(module)
            }
        }
        let levels = names.lazy.map { $0.utf8.count(where: { $0 == UInt8(ascii: ".") }) }.max() ?? 0
        for depth in stride(from: min(levels, 16), to: 0, by: -1) {
            var result: [String] = []
            for name in names {
                let parts = name.split(separator: ".", omittingEmptySubsequences: false)
                let module = parts.prefix(min(depth, parts.count - 1)).joined(separator: ".")
                let pattern = module.isEmpty || takenModules.contains(module[...]) ? name : module + ".*"
                if !result.contains(pattern) { result.append(pattern) }
                if result.count > LoadAdvice.mostPatterns { break }
            }
            if result.count <= LoadAdvice.mostPatterns { return result }
        }
        return names.count <= LoadAdvice.mostPatterns ? names : [NamePattern.everything.text]
    }

    // MARK: Lua

    /// The options as a script writes them.
    private static func lua(_ options: LoadOptions) -> String {
        var fields: [String] = []
        if !options.prefix.isEmpty { fields.append("prefix = \(quoted(options.prefix))") }
        let rename = options.rename + (options.beginning.isEmpty ? [] : [(from: "", to: options.beginning)])
        if !rename.isEmpty {
            let pairs = rename.map { "[\(quoted($0.from))] = \(quoted($0.to))" }
            fields.append("rename = { \(pairs.joined(separator: ", ")) }")
        }
        if !options.ignore.isEmpty {
            fields.append("ignore = { \(options.ignore.map { quoted($0.text) }.joined(separator: ", ")) }")
        }
        if options.isPartial { fields.append("partial = true") }
        return "{ \(fields.joined(separator: ", ")) }"
    }

    private static func quoted(_ text: String) -> String {
        "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
}
