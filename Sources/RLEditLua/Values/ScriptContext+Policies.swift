internal import Foundation
internal import RLEditData

extension ScriptContext {
    /// Policies that are shared together with a script lie beside it under names with this ending. A script may read these
    /// and the `.lua` files there, and no other file beside it.
    static let policyEnding = ".policy.safetensors"
    /// The largest policy that is read, and how many of them a run keeps.
    private static let mostPolicyBytes = 1 << 20
    private static let mostPolicies = 64

    /// A policy beside the script.
    struct PolicyBeside {
        /// Links followed.
        let path: String
        /// Within the script's folder.
        let name: String
    }

    /// The file that a script's path names in the script's folder or below; nil when there is none, or it leads out of it.
    func policyBesideScript(_ path: String) -> PolicyBeside? {
        guard let scriptFolder, path.hasSuffix(ScriptContext.policyEnding), !path.hasPrefix("/"),
            !path.utf8.contains(0), !path.split(separator: "/").contains(".."),
            let root = realPath(scriptFolder), let real = realPath("\(scriptFolder)/\(path)"),
            real.hasPrefix(root.hasSuffix("/") ? root : root + "/"), real.hasSuffix(ScriptContext.policyEnding),
            let attributes = try? FileManager.default.attributesOfItem(atPath: real),
            attributes[.type] as? FileAttributeType == .typeRegular,
            let size = attributes[.size] as? Int, size <= ScriptContext.mostPolicyBytes
        else { return nil }
        return PolicyBeside(path: real, name: String(real.dropFirst(root.hasSuffix("/") ? root.count : root.count + 1)))
    }

    /// Keeps the bytes of a policy that was read, so that a run can copy it.
    /// - Throws: when a script reads more of them than a run can keep.
    func note(_ policy: PolicyBeside) throws {
        guard !policiesBeside.contains(where: { $0.name == policy.name }) else { return }
        guard policiesBeside.count < ScriptContext.mostPolicies else {
            throw DataError.pathRefused(
                path: policy.name,
                reason: "a script may read at most \(ScriptContext.mostPolicies) policies of its own folder")
        }
        guard let data = FileManager.default.contents(atPath: policy.path) else {
            throw DataError.fileNotFound(path: policy.name, searched: [policy.path])
        }
        policiesBeside.append((policy.name, Array(data)))
    }
}
