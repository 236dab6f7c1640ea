public import RLEditCore
internal import RLEditData
public import RLEditTensor

/// The name of a remembered fit: a digest of everything that decides its result.
///
/// Each part is written with its label and length, so that no two different fits give the same bytes.
public struct FitKey: ~Copyable {
    private var hasher = SHA256Digest.Hasher()

    /// - Parameters:
    ///   - engineVersion: version of this program; a new one may train differently.
    ///   - numericKernels: the kernel set; bits differ between sets.
    public init(engineVersion: String, numericKernels: String) {
        add("engine", engineVersion)
        add("kernels", numericKernels)
    }

    /// Initial parameters in the order of the network.
    public mutating func add(parameter name: String, _ tensor: Tensor) {
        add("parameter", name)
        add("shape", "\(tensor.shape)")
        tensor.withUnsafeBufferPointer { hasher.update(UnsafeRawBufferPointer($0)) }
    }

    /// Anything else: the hash of the ordered data, the seed.
    public mutating func add(_ label: String, _ text: String) {
        hasher.update(label.utf8.count)
        hasher.update(label)
        hasher.update(text.utf8.count)
        hasher.update(text)
    }

    /// Options with all defaults filled in. The order of writing does not matter.
    public mutating func add(options: JSONObject) { add("options", JSONValue.object(options).sortedByKey.text) }

    /// 64 hexadecimal digits.
    public consuming func finish() -> String { hasher.finish() }
}

extension JSONValue {
    /// The same document with the keys of every object in byte order: equal for equal contents.
    var sortedByKey: JSONValue {
        switch self {
        case .array(let elements): return .array(elements.map(\.sortedByKey))
        case .object(let object):
            var sorted = JSONObject()
            for member in object.members.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                sorted[member.key] = member.value.sortedByKey
            }
            return .object(sorted)
        default: return self
        }
    }
}
