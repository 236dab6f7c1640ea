/// Training and test pictures with the names of their classes.
public struct PictureData: Sendable {
    public let train: ExampleSet
    public let test: ExampleSet
    /// Names of the labels.
    public let classes: [String]
    /// For example `mnist`, `cifar10` or `generated objects`.
    public let source: String

    /// SHA-256 over the content hashes of both sets: names the data in manifests and reports.
    public var hash: String { SHA256Digest.hex(of: train.contentHash + test.contentHash) }
}
