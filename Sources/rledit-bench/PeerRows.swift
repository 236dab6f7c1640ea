internal import RLEditTensor

/// The same work done by PyTorch and Stable-Baselines3, in turn with ours.
struct PeerRows {
    let python: String
    let script: String
    let rounds: Int

    func rows(task: ReferenceTask, fit: FitRows) throws -> [Row] {
        // Its threads would spin while they wait for each other, which on a busy machine slows the peer twentyfold
        // (measured): asleep they do it justice.
        let peer = try ChildProcess([python, script], environment: ["OMP_WAIT_POLICY": "passive"])
        func ask(_ question: String) throws -> Double {
            let answer = try peer.ask(question)
            guard let value = Double(answer) else {
                throw ProcessFailure(description: "the peer answered '\(answer)' to '\(question)'")
            }
            return value
        }
        let pool = WorkerPool(workers: 2)
        // Two updates of the peer take a second when the machine is quiet, and a minute when it is busy.
        let (steps, peerSteps) = (LearningRows.steps, 512)
        var rows: [Row] = []
        let problems = [
            ("mask", task.problem(ReferenceTask.mask(rank: 1))), ("shift", task.problem(ReferenceTask.shift(rank: 1))),
        ]
        for (name, problem) in problems {
            _ = try ask("learn \(name) 256")
            var timing = PairedTiming()
            for _ in 0..<rounds {
                // Seconds a step.
                timing.add(
                    try ask("learn \(name) \(peerSteps)") / Double(peerSteps),
                    try LearningRows.runSeconds(problem, steps: steps, pool: pool) / Double(steps))
            }
            rows.append(
                Row(
                    group: "peers", what: "Stable-Baselines3, cached prefix, \(name)",
                    figure: 1 / timing.bestFirst, unit: "steps/s"))
            rows.append(
                Row(
                    group: "peers", what: "ours against it, \(name)", figure: timing.medianRatio, unit: "×",
                    target: .atLeast(15)))
        }
        _ = try ask("fit 1280")
        var timing = PairedTiming()
        for _ in 0..<max(1, rounds / 2) { timing.add(try fit.fitSeconds(), try ask("fit \(FitRows.examples)")) }
        rows.append(Row(group: "peers", what: "PyTorch, fit of the CNN", figure: timing.bestSecond, unit: "s"))
        rows.append(
            Row(
                group: "peers", what: "our time against it", figure: timing.medianRatio, unit: "×", target: .atMost(1)))
        _ = try peer.finish()
        return rows
    }
}
