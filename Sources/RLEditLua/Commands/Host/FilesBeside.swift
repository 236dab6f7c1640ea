internal import Foundation

/// The files beside a script, and below, that it may read by itself: modules and policies.
package enum FilesBeside {
    /// Most files that are found, and most names that are looked at to find them.
    private static let mostFiles = 2_000
    private static let mostNames = 20_000

    /// - Returns: paths of what ends in `.lua` or `.policy.safetensors` in a folder, or in one of its folders that is not hidden.
    package static func all(in folder: String) -> [String] {
        let manager = FileManager.default
        var folders = [folder]
        var found: [String] = []
        var names = 0
        while let folder = folders.popLast() {
            for name in ((try? manager.contentsOfDirectory(atPath: folder)) ?? []).sorted() where !name.hasPrefix(".") {
                names += 1
                guard names <= mostNames, found.count < mostFiles else { return found }
                let path = "\(folder)/\(name)"
                if name.hasSuffix(".lua") || name.hasSuffix(ScriptContext.policyEnding) {
                    found.append(path)
                } else if let type = try? manager.attributesOfItem(atPath: path)[.type] as? FileAttributeType,
                    type == .typeDirectory
                {
                    folders.append(path)
                }
            }
        }
        return found
    }

    /// Those beside a script.
    package static func all(besideScript script: String) -> [String] {
        let folder = (script as NSString).deletingLastPathComponent
        return all(in: folder.isEmpty ? "." : folder)
    }
}
