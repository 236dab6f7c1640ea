internal import RLEditCore
internal import RLEditTensor
internal import RLEditWorlds
internal import Testing

private typealias E = EnvironmentFixture

@Suite("Environment snapshots")
struct EnvironmentSnapshotTests {
    private func full<World: EditWorld>(_ world: World) -> any EditWorld {
        if world is MaskWorld {
            var configuration = MaskWorld.Configuration()
            configuration.form = .full
            configuration.scale = .constant(0.3)
            return MaskWorld(configuration)
        }
        var configuration = ShiftWorld.Configuration()
        configuration.form = .full
        return ShiftWorld(configuration)
    }

    /// Ends even episodes early, so that episodes are staggered.
    private func problem(_ world: any EditWorld) throws -> EditProblem {
        try E.problem(world: world, layers: ["fc2", "fc1"], horizon: 5) { context in
            var reward = try E.accuracyReward(context)
            reward.terminated = context.step == 2 && context.episode % 2 == 0
            return reward
        }
    }

    @Test("a restored environment goes on to the same bytes from any step, in each world")
    func restores() throws {
        for world in [MaskWorld() as any EditWorld, ShiftWorld(), full(MaskWorld()), full(ShiftWorld())] {
            let original = try E.environment(problem(world))
            _ = try original.reset()
            for step in 0..<6 {
                let shown = try original.step(E.actions(original, "step \(step)")).observation.rows()
                let copy = try E.environment(problem(world))
                #expect(try copy.restore(original.snapshot()).rows() == shown)
                #expect(copy.snapshot() == original.snapshot())
                #expect(copy.source.selection == original.source.selection)
                let reference = try E.environment(problem(world))
                _ = try reference.restore(original.snapshot())
                for later in 0..<3 {
                    let actions = try E.actions(original, "later \(step) \(later)")
                    let (a, b) = (try copy.step(actions), try reference.step(actions))
                    #expect(a.rewards == b.rewards && a.terminated == b.terminated && a.truncated == b.truncated)
                    #expect(try a.finalObservation().rows() == b.finalObservation().rows())
                }
            }
        }
    }

    @Test("an interrupted run equals an uninterrupted one")
    func continues() throws {
        func outcome(interruptedAfter: Int?) throws -> [[Double]] {
            var environment = try E.environment(problem(MaskWorld()))
            _ = try environment.reset()
            return try (0..<9).map { step in
                if step == interruptedAfter {
                    let snapshot = environment.snapshot()
                    environment = try E.environment(problem(MaskWorld()))
                    _ = try environment.restore(snapshot)
                }
                return try environment.step(E.actions(environment, "step \(step)")).rewards
            }
        }
        let expected = try outcome(interruptedAfter: nil)
        for step in 0..<9 { #expect(try outcome(interruptedAfter: step) == expected) }
    }

    @Test("edits keep their form and their bytes as named parts")
    func parts() throws {
        let layer = try EditedLayer(name: "fc", parameterName: "fc.weight", weight: Fixture.tensor([5, 7], "w"))
        for edit in try Fixture.edits(layer, "parts") {
            let parts = Dictionary(uniqueKeysWithValues: edit.parts.map { ($0.name, $0.value) })
            let copy = try #require(try LayerEdit(parts: parts))
            #expect(copy.parts.map(\.name) == edit.parts.map(\.name))
            #expect(try copy.weights(of: layer) == edit.weights(of: layer))
        }
        #expect(try LayerEdit(parts: ["maskLeft": .zeros([5, 1])]) == nil)
        #expect(try LayerEdit(parts: ["weights": .zeros([5, 7]), "mask": .zeros([5, 7])]) == nil)
    }

    @Test("a snapshot that does not fit is refused and changes nothing")
    func misfits() throws {
        let environment = try E.environment(problem(ShiftWorld()))
        _ = try environment.reset()
        _ = try environment.step(E.actions(environment, "a"))
        let good = environment.snapshot()
        func fault(_ change: (inout EnvironmentSnapshot) throws -> Void) throws -> String {
            var snapshot = good
            try change(&snapshot)
            do {
                _ = try environment.restore(snapshot)
                return "no error"
            } catch {
                #expect(environment.snapshot() == good)
                return "\(error)"
            }
        }
        let prefix = "the saved state does not fit this environment: "
        #expect(
            try fault { $0.integers["episodesBegun"] = nil } == prefix
                + "'episodesBegun' must be in 0 … \(Int.max), got nothing")
        #expect(
            try fault { $0.integers["episode[1].steps"] = 5 } == prefix
                + "'episode[1].steps' must be in 0 … 4, got 5")
        #expect(
            try fault { $0.integers["environments"] = 2 } == prefix + "it has 2 environments, expected 3")
        #expect(
            try fault { $0.integers["selection[0]"] = 64 } == prefix
                + "'selection[0]' names unknown metrics: 64")
        #expect(
            try fault { $0.tensors["episode[0].fc2.shiftLeft"] = nil } == prefix
                + "the parts shiftRight of layer 'fc2' make no edit")
        #expect(
            try fault { $0.tensors["episode[0].fc9.weights"] = try .zeros([1]) } == prefix
                + "it holds 13 tensors, and this environment knows 12 of them")
        #expect(
            try fault { $0.tensors["episode[0].fc2.shiftLeft"] = try .zeros([11, 1]) }
                == "the edit of layer 'fc2' has a left factor of shape [11, 1], expected [12, 1]")
        #expect(try fault { _ in } == "no error")
    }
}
