internal import RLEditCore
internal import RLEditRuns
internal import RLEditWorlds

extension RunOptions {
    /// The options that decide results, for the manifest.
    var recorded: JSONObject {
        var object: JSONObject = [
            "edit": .string(savedEdit.rawValue), "trust": .bool(isTrusted), "data": data.map { .string($0) } ?? .null,
            "allow": .array(allowedFiles.map { .string($0) }),
            "script_arguments": .array(scriptArguments.map { .string($0) }),
        ]
        var pairs = JSONObject()
        for (name, value) in arguments.sorted(by: { $0.key < $1.key }) { pairs[name] = .string(value) }
        object["set"] = .object(pairs)
        if let invalidRewards { object["on_invalid_reward"] = .string(invalidRewards.rawValue) }
        // What is not kept is summed in another order.
        if prefixLimit != Evaluator.defaultPrefixBytes { object["prefix_memory"] = .integer(prefixLimit >> 20) }
        // Changes no result, but a resumed run must not write down what the user wanted left out.
        if !keepsExamples { object["examples"] = false }
        return object
    }

    /// These options with what decides results taken from a manifest.
    /// - Throws: ``ManifestError`` for a manifest without a valid option.
    func resuming(_ manifest: Manifest) throws -> RunOptions {
        var options = self
        let recorded = manifest.options
        guard let edit = recorded["edit"]?.string.flatMap(SavedEdit.init(rawValue:)) else {
            throw ManifestError(field: "options.edit")
        }
        guard let trust = recorded["trust"]?.bool else { throw ManifestError(field: "options.trust") }
        // A folder must not switch the sandbox off: only the person at the command line can.
        guard !trust || isTrusted else {
            throw ManifestError(field: "options.trust (started with --trust: give it again)")
        }
        options.seeds = manifest.seeds
        options.savedEdit = edit
        options.isTrusted = trust
        options.keepsExamples = keepsExamples && recorded["examples"]?.bool != false
        options.data = data ?? recorded["data"]?.string
        let recordedRule = recorded["on_invalid_reward"]?.string.flatMap(InvalidRewardRule.init(rawValue:))
        options.invalidRewards = invalidRewards ?? recordedRule
        options.prefixLimit = recorded["prefix_memory"]?.integer.map { min(max($0, 0), 1 << 30) << 20 } ?? prefixLimit
        options.scriptArguments = (recorded["script_arguments"]?.array ?? []).compactMap(\.string)
        for member in recorded["set"]?.object?.members ?? [] { options.arguments[member.key] = member.value.string }
        return options
    }

    /// The shell command that makes a comparison or a sweep again.
    /// - Parameter words: the command's own options.
    func command(_ name: String, script: String, _ words: [String]) -> String {
        ShellCommand.text(["rledit-lua", name, script] + words + Manifest.scriptOptions(recorded))
    }
}
