internal import RLEditTensor
internal import RLEditTestSupport
internal import RLEditWorlds
internal import Testing

/// A well-behaved walk of two environments with one deliberate fault.
private final class FaultyWalk: VectorEnvironment {
    enum Fault: CaseIterable {
        case none, wrongFeatures, wrongEnvironments, wrongSharedRow, infiniteObservation, hugeObservation, rewardCount
        case infiniteReward, constantReward, bothEnds, endsEarly, endsLate, notClamped, refusesOutside, takesNaN
        case takesAnySize, unseededReset, unseededReward, otherFinal, throwsInStep, noHorizon
    }

    let fault: Fault
    let environments = 2
    let observationSize = 3
    let actionSize = 2
    var horizon: Int { fault == .noHorizon ? 0 : 4 }
    private var points: [[Float]] = []
    private var steps = 0
    private var calls = 0
    private var stream = RandomStream(seed: 0)

    struct Refusal: Error, CustomStringConvertible { let description: String }

    init(_ fault: Fault) { self.fault = fault }

    func reset(seed: UInt64) throws -> ObservationBatch {
        stream = RandomStream(seed: seed)
        if fault == .unseededReset { stream = stream.split("\(calls)") }
        calls += 1
        begin()
        return try observation(points)
    }

    private func begin() {
        steps = 0
        points = (0..<environments).map { _ in (0..<observationSize).map { _ in stream.uniform(-1, 1) } }
    }

    private func observation(_ points: [[Float]]) throws -> ObservationBatch {
        var points = points
        switch fault {
        case .wrongFeatures: return .distinct(try .zeros([2, 4]))
        case .wrongEnvironments: return .distinct(try .zeros([3, 3]))
        case .wrongSharedRow: return .shared(try .zeros([3]), environments: 5)
        case .infiniteObservation: points[1][2] = .infinity
        case .hugeObservation: points[1][2] = -5000
        default: break
        }
        return .distinct(try Tensor(points.flatMap { $0 }, shape: [2, 3]))
    }

    func step(_ actions: Tensor) throws -> StepBatch {
        calls += 1
        if fault != .takesAnySize, actions.shape != [2, 2] { throw Refusal(description: "wrong size") }
        var values = actions.scalars
        if fault != .takesNaN, values.contains(where: { !$0.isFinite }) { throw Refusal(description: "not finite") }
        if fault == .refusesOutside, values.contains(where: { abs($0) > 1 }) { throw Refusal(description: "too large") }
        if fault == .throwsInStep { throw Refusal(description: "out of order") }
        if fault != .notClamped { values = values.map { min(max($0, -1), 1) } }
        for environment in 0..<2 {
            for axis in 0..<2 { points[environment][axis] += 0.1 * values[environment * 2 + axis] }
        }
        steps += 1
        var rewards = points.map { -Double($0[0] * $0[0] + $0[1] * $0[1]) }
        switch fault {
        case .infiniteReward: rewards[1] = .infinity
        case .constantReward: rewards = [0.5, 0.5]
        case .rewardCount: rewards.append(0)
        case .unseededReward: rewards[0] += Double(calls)
        default: break
        }
        let ends = steps >= (fault == .endsEarly ? 3 : fault == .endsLate ? 5 : 4)
        let truncated = [Bool](repeating: ends, count: 2)
        var shown = points
        if fault == .otherFinal { shown[0][0] += 1 }
        let final = try observation(shown)
        if ends { begin() }
        return StepBatch(
            rewards: rewards, terminated: fault == .bothEnds ? truncated : [false, false], truncated: truncated,
            observation: try observation(points), finalObservation: { final })
    }
}

@Suite("Environment checker")
struct EnvironmentCheckerTests {
    private func expected(_ fault: FaultyWalk.Fault) -> [String] {
        switch fault {
        case .none: []
        case .wrongFeatures: ["error: reset shows observations of shape [2, 4], expected [2, 3]"]
        case .wrongEnvironments: ["error: reset shows observations of shape [3, 3], expected [2, 3]"]
        case .wrongSharedRow: ["error: reset shows a shared row of shape [3] for 5 environments, expected [3] for 2"]
        case .infiniteObservation: ["error: reset shows values that are not finite numbers"]
        case .hugeObservation:
            ["warning: observations reach 5000.0; learners work best with values around 1"]
        case .rewardCount: ["error: step gives 3 rewards for 2 environments"]
        case .infiniteReward: ["error: step gives the reward inf"]
        case .constantReward:
            ["warning: the reward was 0.5 for all of 18 random actions: there is nothing to learn from"]
        case .bothEnds: ["error: an episode is both terminated and truncated"]
        case .endsEarly: ["error: an episode is truncated after step 3, before its horizon of 4"]
        case .endsLate: ["error: an episode runs past its horizon of 4"]
        case .notClamped: ["error: actions outside −1 … 1 do not count as clamped"]
        case .refusesOutside: ["error: an action outside −1 … 1 is refused instead of clamped: too large"]
        case .takesNaN: ["warning: an action with NaN is taken without an error"]
        case .takesAnySize: ["warning: an action of the wrong size is taken without an error"]
        case .unseededReset: ["error: reset with the same seed shows another observation"]
        case .unseededReward: ["error: the same seed and actions give other rewards"]
        case .otherFinal:
            ["error: the final observation of an episode that goes on differs from the one that step shows"]
        case .throwsInStep: ["error: reset or step failed: out of order"]
        case .noHorizon: ["error: the horizon must be at least 1, got 0"]
        }
    }

    @Test("finds each deliberate fault and names it", arguments: FaultyWalk.Fault.allCases)
    private func faults(fault: FaultyWalk.Fault) {
        let findings = EnvironmentChecker().check(FaultyWalk(fault)).map(\.description)
        #expect(Set(expected(fault)).isSubset(of: findings), "\(findings)")
        // Faults of one step can show in later comparisons too, but a warning or a clean result is alone.
        if expected(fault).allSatisfy({ $0.hasPrefix("warning") }) { #expect(findings == expected(fault)) }
    }

    @Test("finds nothing wrong with editing, and puts the episodes back where they were")
    func editing() throws {
        for world in [MaskWorld() as any EditWorld, ShiftWorld()] {
            for horizon in [1, 4] {
                let environment = try EnvironmentFixture.environment(
                    EnvironmentFixture.problem(world: world, horizon: horizon))
                #expect(EnvironmentChecker().check(environment) == [])
                _ = try environment.reset()
                if horizon > 1 { _ = try environment.step(EnvironmentFixture.actions(environment, "a")) }
                let before = environment.snapshot()
                #expect(EnvironmentChecker().check(environment) == [])
                #expect(environment.snapshot() == before)
            }
        }
    }

    @Test("finds nothing wrong with the toy environments of the learners' tests, but that they take anything")
    func toys() {
        let findings = EnvironmentChecker().check(ContinuousIdentity(environments: 3, size: 2))
        #expect(findings.allSatisfy { $0.severity == .warning }, "\(findings)")
    }

    @Test("tells of a constant reward and of a reward that fails")
    func rewards() throws {
        let constant = try EnvironmentFixture.environment(EnvironmentFixture.problem { _ in Reward(2) })
        #expect(
            EnvironmentChecker().check(constant).map(\.description)
                == ["warning: the reward was 2.0 for all of 9 random actions: there is nothing to learn from"])
        let failing = try EnvironmentFixture.environment(EnvironmentFixture.problem { _ in Reward(.nan) })
        #expect(
            EnvironmentChecker().check(failing).map(\.description) == [
                "error: reset or step failed: the reward is nan in episode 1, step 1: a reward must be a finite number"
            ])
    }
}
