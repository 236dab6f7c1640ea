internal import LuaBridge
internal import RLEditCore
internal import RLEditData
internal import RLEditNN
internal import RLEditRuns
internal import RLEditWorlds

/// `rledit.TaskDistribution { … }`: networks, classes, and the sets of each pair of them, kept apart by purpose.
///
/// Training pairs are training networks × training classes; validation pairs are validation networks × training classes;
/// held-out pairs are held-out networks × all classes, those that training never met marked as unseen. So no held-out pair
/// can share its network with training, and no unseen class is met before.
final class ScriptTaskDistribution: LuaBound {
    static var luaName: String { "rledit.TaskDistribution" }
    /// The tables of its constructor.
    static let annotation =
        """
        @class rledit.TaskDistributionOptions
        @field networks rledit.Model[]|rledit.NetworksByPurpose training networks alone, or lists by purpose
        @field classes (integer|string)[]|rledit.ClassesByPurpose training classes alone, or those and others that \
        training never meets
        @field sets fun(network: rledit.Model, class: integer|string): table<string, rledit.Set> what reward and \
        features of a pair see: by name, `forget` and `retain` among them
        @field test_sets (fun(network: rledit.Model, class: integer|string): table<string, rledit.Set>)? what a \
        held-out pair is measured on; its own sets by default
        @field layers (fun(network: rledit.Model): string|string[])? the layers to edit of each network, where they have \
        other names than the world's: networks of several families

        @class rledit.NetworksByPurpose
        @field training rledit.Model[]
        @field validation rledit.Model[]? choose which of the policies along the way is kept
        @field heldout rledit.Model[]? judge the policy that is kept

        @class rledit.ClassesByPurpose
        @field training (integer|string)[]
        @field heldout (integer|string)[]? never met in training, on any network
        """

    /// One pair before its features are computed.
    struct Pair {
        let purpose: PairResult.Purpose
        /// `training 3`.
        let networkName: String
        let model: ScriptModel
        let label: LuaValue
        let isUnseenClass: Bool
    }

    let networks: [(purpose: PairResult.Purpose, models: [ScriptModel])]
    let trainingClasses: [LuaValue]
    let unseenClasses: [LuaValue]
    let pairs: [Pair]
    private let sets: LuaFunction
    private let testSets: LuaFunction?
    private let layers: LuaFunction?

    private static let mostNetworks = 4096
    private static let mostPairs = 100_000

    init(_ options: LuaOptions) throws {
        networks = try ScriptTaskDistribution.networks(options)
        (trainingClasses, unseenClasses) = try ScriptTaskDistribution.classes(options)
        sets = try options.required("sets", as: LuaFunction.self)
        testSets = try options.optional("test_sets", as: LuaFunction.self)
        layers = try options.optional("layers", as: LuaFunction.self)
        try options.finish()
        var pairs: [Pair] = []
        for (purpose, models) in networks {
            for (index, model) in models.enumerated() {
                func add(_ labels: [LuaValue], unseen: Bool) {
                    for label in labels {
                        pairs.append(
                            Pair(
                                purpose: purpose, networkName: "\(purpose.rawValue) \(index + 1)", model: model,
                                label: label, isUnseenClass: unseen))
                    }
                }
                add(trainingClasses, unseen: false)
                if purpose == .heldOut { add(unseenClasses, unseen: true) }
            }
        }
        guard pairs.count <= ScriptTaskDistribution.mostPairs else {
            throw options.fieldError(
                "networks", "make \(pairs.count) pairs with the classes, at most \(ScriptTaskDistribution.mostPairs)")
        }
        self.pairs = pairs
    }

    /// A list is of training networks; else lists by purpose.
    private static func networks(
        _ options: LuaOptions
    ) throws -> [(purpose: PairResult.Purpose, models: [ScriptModel])] {
        let table = try options.required("networks", as: LuaTable.self)
        func models(_ table: LuaTable, _ field: String) throws -> [ScriptModel] {
            do { return try table.array(of: ScriptModel.self, limit: mostNetworks) } catch let error as LuaUsageError {
                throw options.fieldError(field, error.description)
            }
        }
        var found: [(purpose: PairResult.Purpose, models: [ScriptModel])] = []
        if case .integer? = try table.sortedKeys().first {
            found = [(.training, try models(table, "networks"))]
        } else {
            let fields = LuaOptions(owner: "\(options.owner).networks", table: table)
            for purpose in PairResult.Purpose.allCases {
                guard let list = try fields.optional(purpose.rawValue, as: LuaTable.self) else { continue }
                found.append((purpose, try models(list, "networks.\(purpose.rawValue)")))
            }
            try fields.finish()
        }
        guard found.contains(where: { $0.purpose == .training && !$0.models.isEmpty }) else {
            throw options.fieldError("networks", "hold no training network")
        }
        try checkApart(found, options)
        return found
    }

    /// A network must serve one purpose only, also under another name or as a copy.
    private static func checkApart(
        _ networks: [(purpose: PairResult.Purpose, models: [ScriptModel])], _ options: LuaOptions
    ) throws {
        var seen: [(place: String, network: Network)] = []
        for (purpose, models) in networks {
            for (index, model) in models.enumerated() {
                let place = "\(purpose.rawValue)[\(index + 1)]"
                if let other = seen.first(where: { $0.network.hasEqualParameters(to: model.network) }) {
                    throw options.fieldError("networks", "\(place) is the same network as \(other.place)")
                }
                seen.append((place, model.network))
            }
        }
    }

    /// A list is of training classes; else lists `training` and `heldout`.
    private static func classes(_ options: LuaOptions) throws -> (training: [LuaValue], unseen: [LuaValue]) {
        let table = try options.required("classes", as: LuaTable.self)
        var seen: Set<String> = []
        func labels(_ table: LuaTable, _ field: String) throws -> [LuaValue] {
            let values: [LuaValue]
            do { values = try table.array(of: LuaValue.self, limit: 10_000) } catch let error as LuaUsageError {
                throw options.fieldError(field, error.description)
            }
            for value in values {
                guard let text = text(value) else {
                    throw options.fieldError(field, "whole numbers or names expected, got a \(value.typeName)")
                }
                guard seen.insert(text).inserted else {
                    throw options.fieldError(field, "'\(text)' is there twice")
                }
            }
            return values
        }
        let training: [LuaValue]
        var unseen: [LuaValue] = []
        let keys = try table.sortedKeys()
        var isList = keys.isEmpty
        if case .integer? = keys.first { isList = true }
        if isList {
            training = try labels(table, "classes")
        } else {
            let fields = LuaOptions(owner: "\(options.owner).classes", table: table)
            training = try labels(try fields.required("training", as: LuaTable.self), "classes.training")
            if let list = try fields.optional("heldout", as: LuaTable.self) {
                unseen = try labels(list, "classes.heldout")
            }
            try fields.finish()
        }
        guard !training.isEmpty else { throw options.fieldError("classes", "hold no training class") }
        return (training, unseen)
    }

    /// A class as tables show it; nil for a value that cannot be one.
    static func text(_ label: LuaValue) -> String? {
        switch label {
        case .integer(let number): "\(number)"
        case .string(let text): text.text
        default: nil
        }
    }

    // MARK: - Sets

    /// What reward and features of a pair see.
    func sets(of pair: Pair) throws -> [NamedSet] { try call(sets, "sets", pair) }

    /// The layers to edit of a pair's network; nil for the world's.
    func layers(of pair: Pair) throws -> [String]? {
        guard let layers else { return nil }
        return try layers.call(with: pair.model) { results in
            if let name = try? results.read(1, as: String.self) { return [name] }
            guard let names = try results.read(1, as: LuaTable.self) else {
                throw LuaUsageError("\(ScriptTaskDistribution.luaName).layers must return a name or a list of names")
            }
            return try names.array(of: String.self, limit: 1024)
        }
    }

    var hasTestSets: Bool { testSets != nil }

    /// What a held-out pair is measured on; nil without `test_sets`, when its own sets have to do.
    func testSets(of pair: Pair) throws -> [NamedSet]? { try testSets.map { try call($0, "test_sets", pair) } }

    private func call(_ function: LuaFunction, _ field: String, _ pair: Pair) throws -> [NamedSet] {
        let owner =
            "\(ScriptTaskDistribution.luaName).\(field)(\(pair.networkName), "
            + "\(ScriptTaskDistribution.text(pair.label) ?? ""))"
        let table = try function.call(with: pair.model, pair.label) { results in
            try results.read(1, as: LuaTable.self)
        }
        guard let table else { throw LuaUsageError("\(owner) must return a table of sets, got nothing") }
        let sets = try TaskParts.sets(in: table, LuaOptions(owner: owner, table: nil), field)
        guard !sets.isEmpty else { throw LuaUsageError("\(owner) returned no set") }
        return sets
    }

    /// For the manifest, the policy file and the report.
    var json: JSONObject {
        var counts = JSONObject()
        for (purpose, models) in networks { counts[purpose.rawValue] = .integer(models.count) }
        func list(_ labels: [LuaValue]) -> JSONValue {
            .array(labels.map { .string(ScriptTaskDistribution.text($0) ?? "") })
        }
        return [
            "networks": .object(counts), "training_classes": list(trainingClasses),
            "unseen_classes": list(unseenClasses), "test_sets": .bool(testSets != nil),
        ]
    }
}

extension Network {
    /// Whether all parameters of both networks have the same names, shapes and values.
    fileprivate func hasEqualParameters(to other: Network) -> Bool {
        guard parameterNames == other.parameterNames else { return false }
        return parameterNames.allSatisfy { name in
            guard let a = parameter(name), let b = other.parameter(name) else { return false }
            return a == b
        }
    }
}
