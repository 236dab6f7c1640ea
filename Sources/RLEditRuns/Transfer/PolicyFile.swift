public import RLEditCore
public import RLEditLearners
public import RLEditNN
internal import RLEditTensor
public import RLEditWorlds

/// A trained unit policy with all that is needed to apply it: what people train once and share.
///
/// A safetensors file: a tensor for each part of the network, and in its metadata `rledit.kind` = `policy` and
/// `rledit.policy`, a JSON object with `format`, `definitions`, `world`, `layers`, `rank`, `hidden`, `features`,
/// `custom_features`, `context`, `forget_set`, `retain_set`, `ranges`, `training` and `heldout`; of a policy of several steps
/// `horizon`, `blind` and `in_turn` too. Several policies whose edits are averaged are in one file: `policies` says how many,
/// and each has its number before the names of its tensors.
public struct PolicyFile: Sendable, Equatable {
    /// The policy, or several of one shape whose edits are averaged.
    public var members: [UnitPolicyNetwork]
    /// Sizes of each.
    public var shape: UnitPolicyNetwork.Shape
    /// Where the layers of its training lay; nil in files that do not say.
    public var ranges: FeatureRanges?
    /// World, layers, rank and features that the policy was trained with.
    public var world: UnitWorld
    public var layers: [String]
    public var features: UnitFeatureSet
    public var steps: UnitSteps
    public var forgetSet: String
    public var retainSet: String
    /// How it was trained: distribution, learner, seed, versions. For people; nothing reads it.
    public var training: JSONObject
    /// What it reached on pairs that training did not see; likewise.
    public var heldOut: JSONObject

    /// Raised whenever a file of this form could not be read by an older program: 2 for several policies, or those that see
    /// how many examples there are, 3 for those of several steps. Others are still written as 1.
    static let formats = 1...3
    static let kind = "policy"
    /// The key of the description in the metadata: as much a part of the policy as its tensors.
    package static let metadataKey = "rledit.policy"
    private static let mostLayers = 1024
    private static let mostMembers = 256

    public init(
        network: UnitPolicyNetwork, rules: EditPair.Rules, ranges: FeatureRanges? = nil, training: JSONObject,
        heldOut: JSONObject
    ) {
        members = [network]
        shape = network.shape
        self.ranges = ranges
        world = rules.world
        layers = rules.layers
        features = rules.features
        steps = rules.steps
        forgetSet = rules.forgetSet
        retainSet = rules.retainSet
        self.training = training
        self.heldOut = heldOut
    }

    /// The rules by which the policy edits, in these layers of another network or in its own.
    public func rules(layers: [String]? = nil) -> EditPair.Rules {
        EditPair.Rules(
            world: world, layers: layers ?? self.layers, rank: shape.rank, features: features, steps: steps,
            forgetSet: forgetSet, retainSet: retainSet)
    }

    /// One policy whose edit is the mean of those of several, which were trained in the same way with other seeds.
    /// - Throws: ``PolicyFileError`` for policies that do not fit together, or none.
    public static func average(_ files: [PolicyFile]) throws(PolicyFileError) -> PolicyFile {
        guard var result = files.first else { throw PolicyFileError(path: "average", message: "needs a policy") }
        result.members = files.flatMap(\.members)
        guard result.members.count <= mostMembers else {
            throw PolicyFileError(
                path: "average", message: "makes \(result.members.count) policies of one, at most \(mostMembers)")
        }
        for (place, file) in files.enumerated().dropFirst() {
            for (what, fits) in [
                ("world", file.world == result.world), ("layers", file.layers == result.layers),
                ("features", file.features == result.features), ("rank or hidden units", file.shape == result.shape),
                ("steps", file.steps == result.steps),
                ("sets", file.forgetSet == result.forgetSet && file.retainSet == result.retainSet),
            ] where !fits {
                throw PolicyFileError(
                    path: "average",
                    message:
                        "needs policies that were trained in the same way: the \(what) of policy \(place + 1) are not "
                        + "those of the first")
            }
            result.ranges = result.ranges.flatMap { own in file.ranges.map(own.joined) }
        }
        if files.count > 1 {
            result.training = ["policies": .array(files.map { .object($0.training) })]
            result.heldOut = ["policies": .array(files.map { .object($0.heldOut) })]
        }
        return result
    }

    // MARK: File

    private var format: Int { steps.horizon > 1 ? 3 : members.count > 1 || features.seesCount ? 2 : 1 }

    private var description: JSONObject {
        var object: JSONObject = [
            "format": .integer(format), "definitions": .integer(UnitFeature.definitions),
            "world": .string(world.rawValue), "layers": .array(layers.map { .string($0) }),
            "rank": .integer(shape.rank), "hidden": .integer(shape.hidden),
            "features": .array(features.features.map { .string($0.name) }),
            "custom_features": .integer(features.customCount),
            "context": .array(features.context.map { .string($0.name) }), "forget_set": .string(forgetSet),
            "retain_set": .string(retainSet), "training": .object(training), "heldout": .object(heldOut),
        ]
        if steps.horizon > 1 {
            object["horizon"] = .integer(steps.horizon)
            object["blind"] = .bool(steps.isBlind)
            object["in_turn"] = .bool(steps.inTurn)
        }
        if members.count > 1 { object["policies"] = .integer(members.count) }
        if let ranges { object["ranges"] = .object(ranges.json) }
        return object
    }

    /// The tensor of a part of one of several policies.
    private static func name(_ part: String, member: Int, of count: Int) -> String {
        count == 1 ? part : "\(member + 1).\(part)"
    }

    /// Equal policies give equal bytes.
    public func write(to path: String) throws {
        var file = SafetensorsFile()
        for (member, network) in members.enumerated() {
            var start = 0
            for part in shape.parts {
                let count = part.shape.reduce(1, *)
                try file.setTensor(
                    PolicyFile.name(part.name, member: member, of: members.count),
                    try Tensor(Array(network.parameters[start..<(start + count)]), shape: part.shape))
                start += count
            }
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
        guard PolicyFile.formats.contains(format) else {
            throw fail(
                "has format \(format), and this program reads formats \(PolicyFile.formats.lowerBound) to "
                    + "\(PolicyFile.formats.upperBound)")
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
        steps =
            json["horizon"] == nil
            ? .one
            : UnitSteps(
                horizon: try size("horizon", 2...UnitSteps.mostSteps), isBlind: try field("blind", "yes or no", \.bool),
                inTurn: try field("in_turn", "yes or no", \.bool))
        let context = try names("context")
        do {
            features = try UnitFeatureSet(
                known, customCount: try size("custom_features", 0...UnitFeatureSet.mostCustom),
                seesCount: context.contains(UnitContext.forgetCount.name), seesSteps: steps.horizon > 1)
        } catch let error as WorldError { throw fail("has a wrong list of features: \(error.description)") }
        guard context == features.context.map(\.name) else {
            throw fail("has another context than its features call for")
        }
        guard features.customCount == 0 || steps.horizon == 1 else {
            throw fail("takes several steps on custom features, which are of the first step alone")
        }
        forgetSet = try field("forget_set", "name", \.string)
        retainSet = try field("retain_set", "name", \.string)
        guard forgetSet != retainSet, !forgetSet.isEmpty, !retainSet.isEmpty else {
            throw fail("needs two sets of different names, and names '\(forgetSet)' and '\(retainSet)'")
        }
        training = try field("training", "object", \.object)
        heldOut = try field("heldout", "object", \.object)
        ranges = nil
        if let value = json["ranges"] {
            guard let ranges = value.object.flatMap(FeatureRanges.init) else {
                throw fail("has 'ranges' that are not four numbers for each name")
            }
            self.ranges = ranges
        }
        let count = json["policies"] == nil ? 1 : try size("policies", 1...PolicyFile.mostMembers)
        let shape = UnitPolicyNetwork.Shape(
            features: features.count, context: features.context.count, hidden: try size("hidden", 0...10_000),
            rank: try size("rank", 1...10_000))
        // Every part is checked against what the sizes say before any product of them is allocated.
        self.shape = shape
        members = try (0..<count).map { member in
            var parameters: [Float] = []
            for part in shape.parts {
                let name = PolicyFile.name(part.name, member: member, of: count)
                guard let entry = file[name], entry.shape == part.shape else {
                    throw fail("lacks the tensor '\(name)' of shape \(part.shape)")
                }
                let values = try file.tensor(name).scalars
                guard values.allSatisfy(\.isFinite) else {
                    throw fail("holds values that are not finite numbers in '\(name)'")
                }
                parameters += values
            }
            return try UnitPolicyNetwork(shape, parameters: parameters)
        }
    }
}

/// A file that is not a policy, or none that this program can apply.
public struct PolicyFileError: Error, Equatable, Sendable, CustomStringConvertible {
    public let path: String
    public let message: String
    public var description: String { "'\(path)' \(message)" }
}
