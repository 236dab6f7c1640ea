internal import Foundation
internal import RLEditData

extension ScriptContext {
    /// Policies that are shared together with a script lie beside it under names with this ending: they may be read as
    /// the `.lua` files there may, which no other file is.
    static let policyEnding = ".policy.safetensors"
    /// A policy is small; what is larger is none.
    private static let mostPolicyBytes = 16 << 20

    /// The file that a script's path names in the script's folder or below; nil when there is none, or it leads out of it.
    /// Its bytes are noted, so that a run can keep a copy.
    func policyBesideScript(_ path: String) -> String? {
        guard let scriptFolder, path.hasSuffix(ScriptContext.policyEnding), !path.hasPrefix("/"),
            !path.utf8.contains(0), !path.split(separator: "/").contains(".."),
            let root = realPath(scriptFolder), let real = realPath("\(scriptFolder)/\(path)"),
            real.hasPrefix(root.hasSuffix("/") ? root : root + "/"),
            let attributes = try? FileManager.default.attributesOfItem(atPath: real),
            attributes[.type] as? FileAttributeType == .typeRegular,
            let size = attributes[.size] as? Int, size <= ScriptContext.mostPolicyBytes,
            let data = FileManager.default.contents(atPath: real)
        else { return nil }
        if !policiesBeside.contains(where: { $0.name == path }) { policiesBeside.append((path, Array(data))) }
        return real
    }
}
