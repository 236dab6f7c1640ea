public import RLEditCore

extension RunSummary {
    /// The models that the run is compared with, in the order in which they first appear.
    public var comparedStages: [Stage] {
        let own: [Stage] = [.before, .meanPolicy, .bestSeen]
        return stages.filter { !own.contains($0) }
    }

    /// With more models than this to compare with, tables have a row for each model, and charts leave them out.
    static let comparedColumns = 3

    /// What the models cost over the seeds: a row for thousand forward equivalents and one for seconds; none without costs.
    var costRows: [(title: String, spreads: [Stage: Spread])] {
        let costs = seeds.flatMap(\.costs.entries)
        guard !costs.isEmpty else { return [] }
        func spreads(_ value: (ModelCost) -> Double) -> [Stage: Spread] {
            Dictionary(
                uniqueKeysWithValues: comparedStages.compactMap { stage in
                    let values = costs.filter { $0.stage == stage }.map { value($0.value) }
                    return values.isEmpty ? nil : (stage, Spread(values))
                })
        }
        return [("kFE", spreads(\.kfe)), ("seconds", spreads(\.seconds))]
    }

    /// One cost in a table.
    static func costText(_ spread: Spread) -> String { NumberText.fixed(spread.mean, digits: 1) }

    static func cost(_ json: JSONValue) -> ModelCost? {
        guard let kfe = json["kfe"]?.double, let seconds = json["seconds"]?.double else { return nil }
        return ModelCost(kfe: kfe, seconds: seconds)
    }
}

extension StageValues where Value == ModelCost {
    /// Name → `kfe`, `seconds`.
    public var json: JSONValue {
        var object = JSONObject()
        for entry in entries {
            object[entry.stage.name] = [
                "kfe": .number(entry.value.kfe), "seconds": .number(entry.value.seconds),
            ]
        }
        return .object(object)
    }
}
