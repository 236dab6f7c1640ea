internal import RLEditTensor

/// Something that is wrong, or looks wrong, with an environment.
public struct EnvironmentFinding: Sendable, Equatable, CustomStringConvertible {
    public enum Severity: String, Sendable {
        /// Learners will fail, or learn something else than was meant.
        case error
        /// Works, but is probably not what was meant.
        case warning
    }

    public let severity: Severity
    public let message: String

    public init(_ severity: Severity, _ message: String) {
        self.severity = severity
        self.message = message
    }

    public var description: String { "\(severity.rawValue): \(message)" }
}

/// Plays with an environment and reports what breaks the rules of ``VectorEnvironment`` or makes learning hopeless.
///
/// What it checks: sizes; shapes and finiteness of observations, rewards and flags; equal seeds and actions give equal
/// bytes; actions outside the box count as clamped; wrong and non-finite actions are refused; an episode is truncated
/// exactly at the horizon and never both truncated and terminated; final observations are those of the step; the reward
/// varies; and, of an ``EditEnvironment``, that judging actions apart leaves episodes and network as they are.
public struct EnvironmentChecker {
    /// Seed of the resets and of the actions.
    public var seed: UInt64 = 0
    /// Most steps of one play; an environment with a longer horizon is not followed to its end.
    public var maximumSteps = 100

    /// The message about rewards that differ from game to game. A reward that draws random numbers or keeps a state does
    /// so on purpose: a caller that knows this can take it for a warning.
    package static let differingRewards = "the same seed and actions give other rewards"

    public init() {}

    /// Plays three short games. An ``EditEnvironment`` is put back into the state it was in; another is left reset.
    /// - Returns: what was found, each kind of fault once; empty when all is well.
    public func check(_ environment: any VectorEnvironment) -> [EnvironmentFinding] {
        var findings = Findings()
        let sizes = [
            ("environments", environment.environments), ("observation size", environment.observationSize),
            ("action size", environment.actionSize), ("horizon", environment.horizon),
        ]
        for (name, size) in sizes where size < 1 { findings.error("the \(name) must be at least 1, got \(size)") }
        guard findings.list.isEmpty else { return findings.list }

        let edits = environment as? EditEnvironment
        let before = edits?.snapshot()
        let steps = max(1, min(maximumSteps, environment.horizon > maximumSteps ? .max : 2 * environment.horizon + 1))
        let first = play(environment, steps: steps, findings: &findings)
        if findings.errors == 0 {
            let second = play(environment, steps: steps, findings: &findings)
            compare(first, second, &findings)
            checkClamping(environment, &findings)
            checkRefusals(environment, &findings)
            checkRewards(first, &findings)
            if let edits { checkEvaluation(edits, &findings) }
        }
        if let edits, let before {
            do { _ = try edits.restore(before) } catch { findings.error("its state cannot be restored: \(error)") }
        }
        return findings.list
    }

    // MARK: - One game

    /// What a game showed.
    private struct Game {
        var observations: [Tensor] = []
        var rewards: [[Double]] = []
        var ends: [[Bool]] = []
    }

    /// Resets and steps an environment, checking each answer by itself.
    private func play(_ environment: any VectorEnvironment, steps: Int, findings: inout Findings) -> Game {
        var game = Game()
        do {
            var shown = try rows(environment.reset(seed: seed), "reset", environment, &findings)
            game.observations.append(shown)
            var random = RandomStream(seed: seed, name: "environment check")
            var done = [Int](repeating: 0, count: environment.environments)
            for _ in 0..<steps where findings.errors == 0 {
                let step = try environment.step(actions(environment, &random, scale: 1))
                guard hasSizes(step, environment, &findings) else { return game }
                shown = try rows(step.observation, "step", environment, &findings)
                let final = try rows(step.finalObservation(), "the final observation", environment, &findings)
                checkEnds(step, &done, environment, &findings)
                checkFinal(final, shown, step, &findings)
                game.observations += [shown, final]
                game.rewards.append(step.rewards)
                game.ends += [step.terminated, step.truncated]
            }
        } catch {
            findings.error("reset or step failed: \(error)")
        }
        return game
    }

    /// Actions uniform in the box, times `scale`.
    private func actions(_ environment: any VectorEnvironment, _ random: inout RandomStream, scale: Float) throws
        -> Tensor
    {
        let shape = [environment.environments, environment.actionSize]
        return try Tensor((0..<shape[0] * shape[1]).map { _ in scale * random.uniform(-1, 1) }, shape: shape)
    }

    /// All rows of an observation, checked.
    private func rows(
        _ observation: ObservationBatch, _ origin: String, _ environment: any VectorEnvironment,
        _ findings: inout Findings
    ) throws -> Tensor {
        let expected = [environment.environments, environment.observationSize]
        switch observation {
        case .shared(let row, let count) where row.shape != [expected[1]] || count != expected[0]:
            findings.error(
                "\(origin) shows a shared row of shape \(row.shape) for \(count) environments, "
                    + "expected [\(expected[1])] for \(expected[0])")
        case .distinct(let rows) where rows.shape != expected:
            findings.error("\(origin) shows observations of shape \(rows.shape), expected \(expected)")
        default: break
        }
        let rows = try observation.rows()
        if !rows.isFinite { findings.error("\(origin) shows values that are not finite numbers") }
        let largest = rows.withUnsafeBufferPointer { $0.reduce(0) { max($0, abs($1)) } }
        if largest > 1000, rows.isFinite {
            findings.warning("observations reach \(largest); learners work best with values around 1")
        }
        return rows
    }

    private func hasSizes(
        _ step: StepBatch, _ environment: any VectorEnvironment, _ findings: inout Findings
    ) -> Bool {
        let before = findings.errors
        let counts = [
            ("rewards", step.rewards.count), ("terminated flags", step.terminated.count),
            ("truncated flags", step.truncated.count),
        ]
        for (name, count) in counts where count != environment.environments {
            findings.error("step gives \(count) \(name) for \(environment.environments) environments")
        }
        if let reward = step.rewards.first(where: { !$0.isFinite }) {
            findings.error("step gives the reward \(reward)")
        }
        return findings.errors == before
    }

    /// Ends of episodes: exactly at the horizon, and one kind at a time.
    private func checkEnds(
        _ step: StepBatch, _ done: inout [Int], _ environment: any VectorEnvironment, _ findings: inout Findings
    ) {
        for index in done.indices {
            done[index] += 1
            let (terminated, truncated) = (step.terminated[index], step.truncated[index])
            if terminated, truncated { findings.error("an episode is both terminated and truncated") }
            if truncated, !terminated, done[index] < environment.horizon {
                findings.error(
                    "an episode is truncated after step \(done[index]), before its horizon of \(environment.horizon)")
            }
            if !truncated, !terminated, done[index] >= environment.horizon {
                findings.error("an episode runs past its horizon of \(environment.horizon)")
            }
            if terminated || truncated { done[index] = 0 }
        }
    }

    /// While an episode goes on, its final observation is the one that it shows next.
    private func checkFinal(_ final: Tensor, _ shown: Tensor, _ step: StepBatch, _ findings: inout Findings) {
        guard final.shape == shown.shape, final.rank == 2 else { return }
        let features = final.shape[1]
        let (a, b) = (final.scalars, shown.scalars)
        for index in step.rewards.indices where !step.terminated[index] && !step.truncated[index] {
            let range = index * features..<(index + 1) * features
            if a[range] != b[range] {
                findings.error("the final observation of an episode that goes on differs from the one that step shows")
            }
        }
    }

    // MARK: - Games compared

    private func compare(_ first: Game, _ second: Game, _ findings: inout Findings) {
        if first.observations.first != second.observations.first {
            findings.error("reset with the same seed shows another observation")
        } else if first.rewards != second.rewards {
            findings.error(EnvironmentChecker.differingRewards)
        } else if first.observations != second.observations || first.ends != second.ends {
            findings.error("the same seed and actions give other observations or ends of episodes")
        }
    }

    /// The same game with actions far outside the box and with the same actions clamped.
    private func checkClamping(_ environment: any VectorEnvironment, _ findings: inout Findings) {
        do {
            let results = try [false, true].map { clamps in
                _ = try environment.reset(seed: seed)
                var random = RandomStream(seed: seed, name: "environment check outside")
                var actions = try actions(environment, &random, scale: 10)
                if clamps {
                    actions = try Tensor(actions.scalars.map { min(max($0, -1), 1) }, shape: actions.shape)
                }
                let step = try environment.step(actions)
                return (step.rewards, try step.finalObservation().rows())
            }
            // Rewards that differ anyway say nothing about actions.
            let repeats = !findings.list.contains { $0.message == EnvironmentChecker.differingRewards }
            if (repeats && results[0].0 != results[1].0) || results[0].1 != results[1].1 {
                findings.error("actions outside −1 … 1 do not count as clamped")
            }
        } catch {
            findings.error("an action outside −1 … 1 is refused instead of clamped: \(error)")
        }
    }

    private func checkRefusals(_ environment: any VectorEnvironment, _ findings: inout Findings) {
        let shape = [environment.environments, environment.actionSize]
        let wrong: [(String, () throws -> Tensor)] = [
            ("an action with NaN", { try Tensor(repeating: .nan, shape: shape) }),
            ("an action of the wrong size", { try Tensor.zeros([shape[0], shape[1] + 1]) }),
        ]
        for (name, make) in wrong {
            guard let actions = try? make(), (try? environment.reset(seed: seed)) != nil else { continue }
            if (try? environment.step(actions)) != nil { findings.warning("\(name) is taken without an error") }
        }
        _ = try? environment.reset(seed: seed)
    }

    private func checkRewards(_ game: Game, _ findings: inout Findings) {
        let rewards = game.rewards.joined()
        guard rewards.count > 1, let first = rewards.first, rewards.allSatisfy({ $0 == first }) else { return }
        findings.warning(
            "the reward was \(first) for all of \(rewards.count) random actions: there is nothing to learn from")
    }

    /// Judging actions apart must not move the running episodes, and nothing may move the network.
    private func checkEvaluation(_ environment: EditEnvironment, _ findings: inout Findings) {
        do {
            _ = try environment.reset(seed: seed)
            var random = RandomStream(seed: seed, name: "environment check apart")
            if environment.horizon > 1 { _ = try environment.step(actions(environment, &random, scale: 1)) }
            let before = environment.snapshot()
            _ = try environment.evaluate(actions(environment, &random, scale: 1))
            let after = environment.snapshot()
            if after.tensors != before.tensors || after.episodeIntegers != before.episodeIntegers {
                findings.error("judging actions apart changes the running episodes")
            }
            for layer in environment.evaluator.layers {
                // The statistics were taken when the environment was made.
                let now = try EditedLayer(name: layer.name, parameterName: layer.parameterName, weight: layer.base)
                if now.mean != layer.mean || now.rootMeanSquare != layer.rootMeanSquare {
                    findings.error("the unedited network's layer '\(layer.name)' has changed")
                }
            }
        } catch {
            findings.error("judging actions apart failed: \(error)")
        }
    }
}

extension EnvironmentSnapshot {
    /// Without the metrics that have been read: judging may add to those.
    fileprivate var episodeIntegers: [String: Int] { integers.filter { $0.key.hasPrefix("episode") } }
}

/// Findings so far; a fault that every step shows is listed once.
private struct Findings {
    private(set) var list: [EnvironmentFinding] = []
    private(set) var errors = 0

    mutating func error(_ message: String) { if add(.error, message) { errors += 1 } }
    mutating func warning(_ message: String) { _ = add(.warning, message) }

    private mutating func add(_ severity: EnvironmentFinding.Severity, _ message: String) -> Bool {
        let finding = EnvironmentFinding(severity, message)
        guard !list.contains(finding) else { return false }
        list.append(finding)
        return true
    }
}
