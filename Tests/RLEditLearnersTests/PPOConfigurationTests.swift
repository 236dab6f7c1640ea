import RLEditCore
import RLEditLearners
import RLEditTensor
import Testing

@Suite struct PPOConfigurationTests {
    @Test("The defaults are valid, and those of Stable-Baselines3 where they should be") func defaults() throws {
        let settings = PPO.Configuration.stableBaselines3
        try settings.validate()
        #expect(settings.minibatchSize == 64 && settings.epochs == 10)
        #expect(try settings.learningRate(0.3) == 3e-4)
        #expect(settings.gaeLambda == 0.95)
        #expect(try settings.clipRange(0) == 0.2)
        #expect(settings.valueCoefficient == 0.5 && settings.maxGradientNorm == 0.5)
        #expect(settings.hiddenSizes == [64, 64] && settings.adamEpsilon == 1e-5)
    }

    @Test("A value outside its range is refused with the field's name, what was expected and what was got")
    func messages() {
        let cases: [(message: String, change: (inout PPO.Configuration) -> Void)] = [
            ("PPO: steps must be at least 1, got 0", { $0.steps = 0 }),
            ("PPO: rolloutLength must be at least 1, got -2", { $0.rolloutLength = -2 }),
            ("PPO: minibatchSize must be from 1 to rolloutLength (256), got 257", { $0.minibatchSize = 257 }),
            ("PPO: minibatchSize must be from 1 to rolloutLength (256), got 0", { $0.minibatchSize = 0 }),
            ("PPO: epochs must be at least 1, got 0", { $0.epochs = 0 }),
            ("PPO: learningRate must not be negative, got -0.1 at progress 0.0", { $0.learningRate = .constant(-0.1) }),
            ("PPO: learningRate must not be negative, got nan at progress 0.0", { $0.learningRate = .constant(.nan) }),
            ("PPO: discount must be from 0 to 1, got 1.5", { $0.discount = 1.5 }),
            ("PPO: gaeLambda must be from 0 to 1, got nan", { $0.gaeLambda = .nan }),
            ("PPO: clipRange must be positive, got 0.0 at progress 1.0", { $0.clipRange = .linear(0.2, 0) }),
            ("PPO: valueClipRange must be positive, got 0.0 at progress 0.0", { $0.valueClipRange = .constant(0) }),
            (
                "PPO: entropyCoefficient must not be negative, got -1.0 at progress 0.0",
                { $0.entropyCoefficient = .constant(-1) }
            ),
            ("PPO: valueCoefficient must not be negative, got -1.0", { $0.valueCoefficient = -1 }),
            ("PPO: maxGradientNorm must be positive, got 0.0", { $0.maxGradientNorm = 0 }),
            ("PPO: targetKL must be positive, got -0.01", { $0.targetKL = -0.01 }),
            ("PPO: observationClip must be positive, got inf", { $0.observationClip = .infinity }),
            ("PPO: hiddenSizes must be from 1 to 65536, got [64, 0]", { $0.hiddenSizes = [64, 0] }),
            ("PPO: valueHiddenSizes must be from 1 to 65536, got [-1]", { $0.valueHiddenSizes = [-1] }),
            (
                "PPO: initialLogStandardDeviation must be from -20 to 2, got 3.0",
                { $0.initialLogStandardDeviation = 3 }
            ),
            ("PPO: adamBeta1 must be at least 0 and below 1, got 1.0", { $0.adamBeta1 = 1 }),
            ("PPO: adamBeta2 must be at least 0 and below 1, got -0.5", { $0.adamBeta2 = -0.5 }),
            ("PPO: adamEpsilon must be positive, got 0.0", { $0.adamEpsilon = 0 }),
        ]
        for (message, change) in cases {
            var settings = PPO.Configuration.stableBaselines3
            change(&settings)
            #expect {
                try settings.validate()
            } throws: { "\($0)" == message }
        }
    }

    @Test("What a schedule's function throws reaches the caller") func throwingSchedule() {
        struct Failure: Error {}
        var settings = PPO.Configuration.stableBaselines3
        settings.learningRate = Schedule(description: "failing") { _ in throw Failure() }
        #expect(throws: Failure.self) { try settings.validate() }
    }
}
