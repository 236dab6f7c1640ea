public import RLEditCore

extension RunSummary {
    /// The object that ends standard output with `--json`, of the shape documented in `docs/run-folder.md`.
    ///
    /// A learner without a mean policy leaves `mean_policy` out; numbers that are not finite are `null`.
    public var json: JSONValue { json(detailed: false) }

    /// As ``json``, and per seed the best reward, the seconds and the accuracy per class: what `summary.json` holds.
    public var detailedJSON: JSONValue { json(detailed: true) }

    private func json(detailed: Bool) -> JSONValue {
        var object: JSONObject = [
            "task": .string(task), "run": .string(run), "world": .string(world), "learner": .string(learner),
            "seconds": .number(seconds),
        ]
        if let data { object["data"] = ["name": .string(data.name), "hash": .string(data.hash)] }
        object["seeds"] = .array(seeds.map { RunSummary.json($0, detailed: detailed) })
        var summary = JSONObject()
        let stages = stages
        for row in rows {
            for stage in stages {
                guard let spread = row.spreads[stage] else { continue }
                summary["\(row.set).\(row.measure).\(stage.name)"] = [
                    "mean": .number(spread.mean), "sd": .number(spread.standardDeviation),
                ]
            }
        }
        object["summary"] = .object(summary)
        if !warnings.isEmpty { object["warnings"] = .array(warnings.map(JSONValue.string)) }
        return .object(object)
    }

    static func json(_ seed: SeedResult, detailed: Bool) -> JSONValue {
        var object: JSONObject = [
            "seed": .integer(seed.seed), "evaluations": .integer(seed.evaluations),
            "evaluations_to_target": seed.evaluationsToTarget.map(JSONValue.integer) ?? .null,
        ]
        if seed.invalidRewards > 0 { object["invalid_rewards"] = .integer(seed.invalidRewards) }
        if let ended = seed.ended { object["ended"] = .string(ended.rawValue) }
        if detailed {
            object["best_reward"] = seed.bestReward.map(JSONValue.number) ?? .null
            object["seconds"] = .number(seed.seconds)
        }
        var heldOut = JSONObject()
        for result in seed.heldOut {
            var stages = JSONObject()
            for entry in result.stages.entries { stages[entry.stage.name] = .object(JSONObject(entry.value)) }
            heldOut[result.set] = .object(stages)
        }
        object["heldout"] = .object(heldOut)
        var thresholds = JSONObject()
        for result in seed.heldOut {
            if let set = result.thresholdSet { thresholds[result.set] = .string(set) }
        }
        if !thresholds.members.isEmpty { object["threshold_sets"] = .object(thresholds) }
        if !seed.costs.entries.isEmpty { object["costs"] = seed.costs.json }
        if !seed.groups.isEmpty {
            object["groups"] = json(seed.groups, named: "group")
        }
        if detailed {
            if let model = seed.model { object["model"] = .string(model) }
            if !seed.unedited.isEmpty { object["unedited"] = .object(JSONObject(seed.unedited)) }
            if !seed.answers.isEmpty { object["answers"] = json(seed.answers, named: "class") }
        }
        if detailed, !seed.classes.isEmpty {
            object["classes"] = .array(
                seed.classes.map { item in
                    var entry: JSONObject = [
                        "label": .string(item.label), "examples": .integer(item.examples),
                        "target": .bool(item.isTarget),
                    ]
                    for stage in item.stages.entries { entry[stage.stage.name] = .number(stage.value) }
                    return .object(entry)
                })
        }
        return .object(object)
    }

    private static func json(_ items: [GroupResult], named name: String) -> JSONValue {
        .array(
            items.map { item in
                var entry: JSONObject = [
                    "set": .string(item.set), name: .string(item.group), "examples": .integer(item.examples),
                ]
                for stage in item.stages.entries { entry[stage.stage.name] = .object(JSONObject(stage.value)) }
                return .object(entry)
            })
    }

    /// Read ``detailedJSON`` (or ``json``, which leaves the details out).
    /// - Returns: nil when the document is of another kind.
    public init?(json: JSONValue) {
        guard let task = json["task"]?.string, let run = json["run"]?.string, let seeds = json["seeds"]?.array else {
            return nil
        }
        var data: Data?
        if let name = json["data"]?["name"]?.string {
            data = Data(name: name, hash: json["data"]?["hash"]?.string ?? "")
        }
        self.init(
            task: task, run: run, world: json["world"]?.string ?? "", learner: json["learner"]?.string ?? "",
            seconds: json["seconds"]?.double ?? .nan, data: data, seeds: seeds.compactMap(RunSummary.seed))
        warnings = (json["warnings"]?.array ?? []).compactMap(\.string)
    }

    static func seed(_ json: JSONValue) -> SeedResult? {
        guard let seed = json["seed"]?.integer else { return nil }
        func measures(_ value: JSONValue) -> [NamedNumber]? { value.object.map([NamedNumber].init) }
        func items(_ field: String, named name: String) -> [GroupResult] {
            (json[field]?.array ?? []).compactMap { entry in
                guard let set = entry["set"]?.string, let group = entry[name]?.string else { return nil }
                return GroupResult(
                    set: set, group: group, examples: entry["examples"]?.integer ?? 0,
                    stages: stages(entry, except: ["set", name, "examples"], measures))
            }
        }
        var result = SeedResult(
            seed: seed, evaluations: json["evaluations"]?.integer ?? 0,
            evaluationsToTarget: json["evaluations_to_target"]?.integer, bestReward: json["best_reward"]?.double,
            seconds: json["seconds"]?.double ?? .nan,
            heldOut: (json["heldout"]?.object?.members ?? []).map { member in
                HeldOutResult(
                    set: member.key, stages: stages(member.value, measures),
                    thresholdSet: json["threshold_sets"]?[member.key]?.string)
            },
            classes: (json["classes"]?.array ?? []).compactMap { entry in
                guard let label = entry["label"]?.string else { return nil }
                return ClassResult(
                    label: label, examples: entry["examples"]?.integer ?? 0,
                    stages: stages(entry, except: ["label", "examples", "target"], \.double),
                    isTarget: entry["target"]?.bool ?? false)
            },
            groups: items("groups", named: "group"),
            costs: json["costs"].map { stages($0, RunSummary.cost) } ?? .init(),
            invalidRewards: json["invalid_rewards"]?.integer ?? 0)
        result.ended = json["ended"]?.string.flatMap(EarlyEnd.init(rawValue:))
        result.model = json["model"]?.string
        result.unedited = json["unedited"].flatMap(measures) ?? []
        result.answers = items("answers", named: "class")
        return result
    }

    /// The members of an object that are stages: all but the named ones.
    private static func stages<Value>(
        _ object: JSONValue, except others: [String] = [], _ read: (JSONValue) -> Value?
    ) -> StageValues<Value> {
        var values = StageValues<Value>()
        for member in object.object?.members ?? [] where !others.contains(member.key) {
            if let value = read(member.value) { values[Stage(member.key)] = value }
        }
        return values
    }
}
