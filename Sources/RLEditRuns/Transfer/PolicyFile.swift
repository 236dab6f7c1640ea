public import RLEditCore
public import RLEditLearners
public import RLEditNN
internal import RLEditTensor
public import RLEditWorlds

/// A trained unit policy with all that is needed to apply it: what people train once and share.
///
/// A safetensors file: a tensor for each part of the network, and in its metadata `rledit.kind` = `policy` and
/// `rledit.policy`, a JSON object with `format`, `definitions`, `world`, `layers`, `rank`, `hidden`, `features`,
/// `custom_features`, `context`, `forget_set`, `retain_set`, `training` and `heldout`.
public struct PolicyFile: Sendable, Equatable {
    public var network: UnitPolicyNetwork
    /// World, layers, rank and features that the policy was trained with.
    public var world: UnitWorld
    public var layers: [String]
    public var features: UnitFeatureSet
    public var forgetSet: String
    public var retainSet: String
    /// How it was trained: distribution, learner, seed, versions. For people; nothing reads it.
    public var training: JSONObject
    /// What it reached on pairs that training did not see; likewise.
    public var heldOut: JSONObject

    /// Raised whenever a file of this form could not be read by an older program.
    static let format = 1
    static let kind = "policy"
    /// The key of the description in the metadata: as much a part of the policy as its tensors.
    package static let metadataKey = "rledit.policy"
    private static let mostLayers = 1024

    public init(
        network: UnitPolicyNetwork, rules: EditPair.Rules, training: JSONObject, heldOut: JSONObject
    ) {
        self.network = network
        world = rules.world
        layers = rules.layers
        features = rules.features
        forgetSet = rules.forgetSet
        retainSet = rules.retainSet
        self.training = training
        self.heldOut = heldOut
    }

    /// The rules by which the policy edits, in these layers of another network or in its own.
    public func rules(layers: [String]? = nil) -> EditPair.Rules {
        EditPair.Rules(
            world: world, layers: layers ?? self.layers, rank: network.shape.rank, features: features,
            forgetSet: forgetSet, retainSet: retainSet)
    }

    // MARK: File

    private var description: JSONObject {
        [
            "format": .integer(PolicyFile.format), "definitions": .integer(UnitFeature.definitions),
            "world": .string(world.rawValue), "layers": .array(layers.map { .string($0) }),
            "rank": .integer(network.shape.rank), "hidden": .integer(network.shape.hidden),
            "features": .array(features.features.map { .string($0.name) }),
            "custom_features": .integer(features.customCount),
            "context": .array(features.context.map { .string($0.name) }), "forget_set": .string(forgetSet),
            "retain_set": .string(retainSet), "training": .object(training), "heldout": .object(heldOut),
        ]
    }

    /// Equal policies give equal bytes.
    public func write(to path: String) throws {
        var file = SafetensorsFile()
        var start = 0
        for part in network.shape.parts {
            let count = part.shape.reduce(1, *)
            try file.setTensor(
                part.name, try Tensor(Array(network.parameters[start..<(start + count)]), shape: part.shape))
            start += count
        }
        file.setMetadata("rledit.kind", PolicyFile.kind)
        file.setMetadata(PolicyFile.metadataKey, JSONValue.object(description).text)
        try file.write(to: path)
    }

    /// - Throws: `SafetensorsError` for a file that is not sound, ``PolicyFileError`` for one that is not a policy, or one of
    ///   another version.
    public init(_ file: SafetensorsFile) throws {
        let path = file.path
        func fail(_ message: String) -> PolicyFileError { PolicyFileError(path: path, message: message) }
        guard file.metadata.first(where: { $0.key == "rledit.kind" })?.value == PolicyFile.kind,
            let text = file.metadata.first(where: { $0.key == PolicyFile.metadataKey })?.value
        else { throw fail("is not a policy: its metadata lack 'rledit.policy'") }
        guard let json = (try? JSONValue(parsing: Array(text.utf8)))?.object else {
            throw fail("has metadata 'rledit.policy' that are not a JSON object")
        }
        func field<Value>(_ name: String, _ kind: String, _ read: (JSONValue) -> Value?) throws -> Value {
            guard let value = json[name].flatMap(read) else {
                throw fail("lacks the field '\(name)', a \(kind), in its metadata")
            }
            return value
        }
        func names(_ name: String) throws -> [String] {
            try field(name, "list of names") { value in
                value.array.flatMap { list in
                    let names = list.compactMap(\.string)
                    return names.count == list.count ? names : nil
                }
            }
        }
        func size(_ name: String, _ range: ClosedRange<Int>) throws -> Int {
            let value = try field(name, "whole number", \.integer)
            guard range.contains(value) else { throw fail("has \(name) \(value), expected \(range)") }
            return value
        }
        let format = try field("format", "whole number", \.integer)
        guard format == PolicyFile.format else {
            throw fail("has format \(format), and this program reads format \(PolicyFile.format)")
        }
        let definitions = try field("definitions", "whole number", \.integer)
        guard definitions == UnitFeature.definitions else {
            throw fail(
                "was trained on version \(definitions) of the features, and this program computes version "
                    + "\(UnitFeature.definitions)")
        }
        let worldName = try field("world", "name", \.string)
        guard let world = UnitWorld(rawValue: worldName) else {
            throw fail(
                "edits in '\(worldName)', expected \(UnitWorld.allCases.map(\.rawValue).joined(separator: " or "))")
        }
        self.world = world
        layers = try names("layers")
        guard !layers.isEmpty else { throw fail("names no layer") }
        guard layers.count <= PolicyFile.mostLayers, Set(layers).count == layers.count else {
            throw fail("names a layer twice, or more than \(PolicyFile.mostLayers)")
        }
        let known = try names("features").map { name in
            guard let feature = UnitFeature(name: name) else {
                throw fail("needs the feature '\(name)', which this program does not know")
            }
            return feature
        }
        do {
            features = try UnitFeatureSet(
                known, customCount: try size("custom_features", 0...UnitFeatureSet.mostCustom))
        } catch let error as WorldError { throw fail("has a wrong list of features: \(error.description)") }
        guard try names("context") == features.context.map(\.name) else {
            throw fail("has another context than its features call for")
        }
        forgetSet = try field("forget_set", "name", \.string)
        retainSet = try field("retain_set", "name", \.string)
        guard forgetSet != retainSet, !forgetSet.isEmpty, !retainSet.isEmpty else {
            throw fail("needs two sets of different names, and names '\(forgetSet)' and '\(retainSet)'")
        }
        training = try field("training", "object", \.object)
        heldOut = try field("heldout", "object", \.object)
        let shape = UnitPolicyNetwork.Shape(
            features: features.count, context: features.context.count, hidden: try size("hidden", 0...10_000),
            rank: try size("rank", 1...10_000))
        // Every part is checked against what the sizes say before any product of them is allocated.
        var parameters: [Float] = []
        for part in shape.parts {
            guard let entry = file[part.name], entry.shape == part.shape else {
                throw fail("lacks the tensor '\(part.name)' of shape \(part.shape)")
            }
            let values = try file.tensor(part.name).scalars
            guard values.allSatisfy(\.isFinite) else {
                throw fail("holds values that are not finite numbers in '\(part.name)'")
            }
            parameters += values
        }
        network = try UnitPolicyNetwork(shape, parameters: parameters)
    }
}

/// A file that is not a policy, or none that this program can apply.
public struct PolicyFileError: Error, Equatable, Sendable, CustomStringConvertible {
    public let path: String
    public let message: String
    public var description: String { "'\(path)' \(message)" }
}
