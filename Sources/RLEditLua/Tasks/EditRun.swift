internal import RLEditCore
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// A run of a task that edits one network: its result is an edited network.
struct EditRun: TaskRun {
    let task: ScriptTask
    let edit: EditLoop
    let pool: WorkerPool

    var loop: LearningLoop { edit }

    var remark: String? { edit.environment.evaluator.prefixRemark }

    var found: String? {
        edit.best.map {
            "the best edit so far (reward \(NumberText.significant($0.reward.value)), evaluation "
                + "\(NumberText.grouped($0.evaluation)))"
        }
    }

    /// Applies the edits to copies of the model, measures these on the held-out sets, and saves one of them.
    func write(_ place: ResultPlace, isFaulty: Bool) throws -> SeedResult {
        let outcome = try RunOutcome(of: edit, pool: pool, isBestOnly: isFaulty)
        for reason in outcome.undefinedMeasures { place.note("held out, \(reason); it is shown as –") }
        try write(outcome, place, saved: isFaulty ? .bestSeen : place.savedEdit)
        if let parting = outcome.parting { place.note("warning: \(parting)") }
        return SeedResult(of: outcome, edit, seed: place.seed)
    }

    /// The edited model in each of its forms, the deltas and `examples.json`.
    private func write(_ outcome: RunOutcome, _ place: ResultPlace, saved: SavedEdit) throws {
        let (folder, world, layers) = (place.folder, edit.task.problem.world.name, edit.environment.evaluator.layers)
        let both = [(Stage.meanPolicy, outcome.meanPolicy), (.bestSeen, outcome.bestSeen)]
        let chosen = (saved == .meanPolicy ? both : both.reversed()).lazy
            .compactMap { stage, edits in edits.map { (stage: stage, edits: $0) } }.first
        let source = task.parts.modelSource ?? ParameterSource()
        let network = try chosen.map { try edit.environment.evaluator.editedNetwork($0.edits) }
        if let chosen, let network {
            let metadata = [("rledit.task", task.name), ("rledit.world", world), ("rledit.edit", saved.rawValue)]
                .map { (key: $0.0, value: $0.1) }
            // The result keeps names, element types and metadata of the file that the model came from.
            let file = try ModelFile.file(network, basedOn: source, metadata: metadata)
            try file.write(to: folder.file(RunFolder.editedName))
            try EditedParts.write(of: file, from: source, metadata: metadata, to: folder)
            try Delta(world: world, layers: layers, edits: chosen.edits).write(to: folder.file(RunFolder.deltaName))
            if place.keepsExamples, !task.heldOut.isEmpty {
                let changes = try outcome.changedAnswers(by: chosen.edits)
                try folder.write(
                    ChangedAnswers.json(changes, stage: chosen.stage).prettyText() + "\n", to: RunFolder.examplesName)
            }
        }
        if let best = outcome.bestSeen {
            try Delta(world: world, layers: layers, edits: best).write(to: folder.file(RunFolder.bestSeenDeltaName))
        }
        if let network, let original = source.original {
            // The result is safe by now; a parameter that the graph computes must not end the run.
            do { try original.write(network, to: folder.file(RunFolder.editedONNXName)) } catch {
                place.note("warning: \(RunFolder.editedONNXName) is not written: \(error)")
            }
        }
    }
}

extension SeedResult {
    /// What a loop came to, without the seconds that it took.
    init(of outcome: RunOutcome, _ loop: EditLoop, seed: Int) {
        self.init(
            seed: seed, evaluations: loop.evaluations, evaluationsToTarget: loop.evaluationsToTarget,
            bestReward: loop.best?.reward.value, seconds: 0, heldOut: outcome.heldOut, classes: outcome.classes,
            groups: outcome.groups, costs: outcome.costs, invalidRewards: loop.invalidRewards)
        (model, unedited, answers) = (outcome.model, outcome.unedited, outcome.answers)
        findings = [loop.constantRewardFinding, outcome.parting].compactMap { $0 }
    }
}
