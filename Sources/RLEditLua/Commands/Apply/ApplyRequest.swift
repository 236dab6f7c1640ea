internal import Foundation
internal import RLEditBaselines
internal import RLEditCore
internal import RLEditData
internal import RLEditNN
package import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// Applies a policy file to a model file: `rledit-lua apply POLICY MODEL --set forget=… --set retain=…`.
package struct ApplyRequest {
    package var policy: String
    package var model: String
    package var sets: [SetSpecification]
    /// Further sets that the edited model is measured on and nothing else.
    package var heldOut: [SetSpecification]
    /// nil for those that the policy was trained on.
    package var layers: [String]?
    package var refinement: (count: Int, search: PolicyApplication.Search)?
    /// nil for the model's name with `-edited`.
    package var output: String?
    package var seed: Int
    package var data: String?
    package var workers: Int

    package init(
        policy: String, model: String, sets: [SetSpecification], heldOut: [SetSpecification], layers: [String]?,
        refinement: (count: Int, search: PolicyApplication.Search)?, output: String?, seed: Int, data: String?,
        workers: Int
    ) {
        self.policy = policy
        self.model = model
        self.sets = sets
        self.heldOut = heldOut
        self.layers = layers
        self.refinement = refinement
        self.output = output
        self.seed = seed
        self.data = data
        self.workers = workers
    }

    /// What was done, for a person and for a program.
    package struct Outcome {
        /// Of sets that share examples, a sentence each.
        package let warnings: [String]
        package let text: String
        package let json: String
    }

    /// - Throws: what is wrong with the policy, the model or a set; then nothing is written.
    package func run() throws -> Outcome {
        let pool = WorkerPool(workers: workers)
        let policy = try PolicyFile(SafetensorsFile(path: policy))
        let model = try ModelFile(path: model)
        let target = output ?? ApplyRequest.editedName(self.model)
        try ModelFile.checkEnding(of: target, model.source)
        guard !FileManager.default.fileExists(atPath: target) else {
            throw ApplyError(message: "'\(target)' exists already; choose another --out")
        }
        var digits: PictureData?
        func readDigits() throws -> PictureData {
            if let digits { return digits }
            let read = try Digits.digits(locations: DataLocations(dataOption: data), pool: pool)
            digits = read
            return read
        }
        let sets = try self.sets.map { try $0.examples(digits: readDigits) }
        let heldOut = try self.heldOut.map { try $0.examples(digits: readDigits) }
        var request = PolicyRequest(policy: policy, network: model.network, sets: sets)
        request.layers = layers
        request.refinement = refinement
        let result = try request.run(
            pool: pool, random: RandomStream(seed: UInt64(bitPattern: Int64(seed))).split("apply"))
        let rows = try (sets.map { ($0, false) } + heldOut.map { ($0, true) }).map { set, isHeldOut in
            Row(
                set: set.name, isHeldOut: isHeldOut, examples: set.examples.count,
                before: try model.network.accuracy(on: set.examples, pool: pool),
                after: try result.network.accuracy(on: set.examples, pool: pool))
        }
        try ModelFile.write(result.network, basedOn: model.source, to: target)
        return Outcome(
            warnings: setWarnings(sets, heldOut, policy),
            text: text(rows, result, policy, target, digits?.source), json: json(rows, result, target).text)
    }

    private func setWarnings(_ sets: [NamedSet], _ heldOut: [NamedSet], _ policy: PolicyFile) -> [String] {
        func set(_ name: String) -> NamedSet? { sets.first { $0.name == name } }
        var warnings: [String] = []
        if let forget = set(policy.forgetSet), let retain = set(policy.retainSet) {
            warnings += [SetOverlap.conflict(forget, retain)].compactMap { $0 }
        }
        return warnings + SetOverlap.leaks(from: sets, into: heldOut)
    }

    private struct Row {
        let set: String
        let isHeldOut: Bool
        let examples: Int
        let before: Double
        let after: Double
    }

    private static func editedName(_ path: String) -> String {
        for ending in [".safetensors", ".onnx"] where path.hasSuffix(ending) {
            return "\(path.dropLast(ending.count))-edited\(ending)"
        }
        return path + "-edited.safetensors"
    }

    private func text(
        _ rows: [Row], _ result: PolicyRequest.Result, _ policy: PolicyFile, _ target: String, _ source: String?
    ) -> String {
        func percent(_ share: Double) -> String { NumberText.fixed(100 * share, digits: 2) + " %" }
        var table = TextTable([
            .init("set", .left), .init("examples", .right), .init("before", .right), .init("after", .right),
        ])
        for row in rows {
            table.append([
                row.isHeldOut ? "\(row.set) (held out)" : row.set, NumberText.grouped(row.examples),
                percent(row.before), percent(row.after),
            ])
        }
        var lines = [table.text]
        if let source { lines.append("data: \(source == "generated" ? "generated digits" : source)") }
        lines.append(
            "\(policy.world.rawValue) on \((layers ?? policy.layers).joined(separator: ", ")), "
                + (result.evaluations == 0 ? "zero-shot" : "\(result.evaluations) evaluations of the reward")
                + "; features in \(milliseconds(result.featureSeconds)), edit in \(milliseconds(result.editSeconds))")
        lines += result.advice
        lines.append("edited model: \(target)")
        return lines.joined(separator: "\n") + "\n"
    }

    private func milliseconds(_ seconds: Double) -> String { "\(NumberText.fixed(1000 * seconds, digits: 1)) ms" }

    private func json(_ rows: [Row], _ result: PolicyRequest.Result, _ target: String) -> JSONValue {
        func object(_ rows: [Row]) -> JSONValue {
            var object = JSONObject()
            for row in rows {
                object[row.set] = [
                    "examples": .integer(row.examples), "before": .number(row.before), "after": .number(row.after),
                ]
            }
            return .object(object)
        }
        return [
            "policy": .string(policy), "model": .string(model), "edited": .string(target),
            "evaluations": .integer(result.evaluations), "reward": result.reward.map { .number($0) } ?? .null,
            "feature_seconds": .number(result.featureSeconds), "edit_seconds": .number(result.editSeconds),
            "distance": result.distance.map { .number($0.value) } ?? .null,
            "advice": .array(result.advice.map { .string($0) }), "sets": object(rows.filter { !$0.isHeldOut }),
            "heldout": object(rows.filter(\.isHeldOut)),
        ]
    }
}

/// Why a policy was not applied.
package struct ApplyError: Error, Equatable, Sendable, CustomStringConvertible {
    package let message: String
    package var description: String { message }
}
