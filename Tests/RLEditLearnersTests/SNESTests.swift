import Foundation
import RLEditCore
import RLEditLearners
import RLEditTensor
import RLEditTestSupport
import RLEditWorlds
import Testing

@Suite struct SNESTests {
    private func settings(_ populationSize: Int, steps: Int = 64) -> SNES.Configuration {
        var settings = SNES.Configuration()
        settings.steps = steps
        settings.populationSize = populationSize
        return settings
    }

    private func begin(_ settings: SNES.Configuration, actionSize: Int) throws -> SNES {
        let learner = SNES(settings)
        try learner.begin(
            LearningProblem(
                observationSize: 1, actionSize: actionSize, horizon: 1, budget: 64, random: RandomStream(seed: 2)),
            pool: WorkerPool(workers: 1))
        return learner
    }

    private func outcome(_ rewards: [Double]) -> StepBatch {
        let observation = ObservationBatch.shared(Tensor([0]), environments: rewards.count)
        let flags = Array(repeating: true, count: rewards.count)
        return StepBatch(
            rewards: rewards, terminated: flags, truncated: flags, observation: observation,
            finalObservation: { observation })
    }

    /// The paper's formula for λ = 4: ln 3 − ln k for k = 1, 2, then 0, normalized, less 1/4.
    @Test("utilities are the paper's")
    func utilities() {
        let (first, second) = (log(3.0), log(1.5))
        let expected = [first / (first + second) - 0.25, second / (first + second) - 0.25, -0.25, -0.25]
        for (actual, expected) in zip(SNES.utilities(4), expected) { #expect(abs(actual - expected) < 1e-12) }
        #expect(abs(SNES.utilities(20).reduce(0, +)) < 1e-12)
    }

    @Test("one update in one dimension, worked by hand")
    func oneUpdate() throws {
        var settings = settings(4)
        settings.initialStandardDeviation = 0.01
        settings.meanLearningRate = 0.8
        let learner = try begin(settings, actionSize: 1)
        let observation = ObservationBatch.shared(Tensor([0]), environments: 4)
        let actions = try learner.ask(observation, progress: 0).scalars.map(Double.init)
        let log = try #require(try learner.tell(outcome(actions), progress: 0))
        // s = x/σ, the best first; n = 1, so η of the deviation is 3/5.
        let steps = actions.map { $0 / 0.01 }.sorted(by: >)
        let byMean = zip(SNES.utilities(4), steps).reduce(0) { $0 + $1.0 * $1.1 }
        let byDeviation = zip(SNES.utilities(4), steps).reduce(0) { $0 + $1.0 * ($1.1 * $1.1 - 1) }
        let mean = try #require(try learner.meanAction(observation)).scalars[0]
        #expect(abs(Double(mean) - 0.8 * 0.01 * byMean) < 1e-7)
        let deviation = try #require(log.first { $0.name == "standard_deviation" }).value
        #expect(abs(deviation - 0.01 * exp(0.3 * byDeviation)) < 1e-7)
    }

    @Test("it reaches a target in the middle and one in a corner of the box, where most candidates lie outside")
    func targets() throws {
        for target: [Float] in [[0.6, -0.4, 0.2, -0.7], [1, -1, 1, 1]] {
            let environment = QuadraticBandit(environments: 10, target: target)
            let driver = try LearnerDriver(
                SNES(settings(10, steps: 2000)), environment, seed: 3, pool: WorkerPool(workers: 1))
            try driver.run()
            #expect(try driver.meanRewardOfMeanAction(steps: 1, seed: 0) > 0.9999, "\(target)")
        }
    }

    @Test("a reward that never differs keeps the distribution near the box")
    func flat() throws {
        let learner = try begin(settings(10), actionSize: 6)
        let observation = ObservationBatch.shared(Tensor([0]), environments: 10)
        for _ in 0..<400 {
            let actions = try learner.ask(observation, progress: 0)
            #expect(actions.scalars.allSatisfy { abs($0) < 100 })
            _ = try learner.tell(outcome(Array(repeating: 1, count: 10)), progress: 0)
        }
    }

    @Test("settings outside their range are refused by name")
    func validation() {
        func message(_ change: (inout SNES.Configuration) -> Void) -> String {
            var settings = SNES.Configuration()
            change(&settings)
            do { try settings.validate() } catch { return "\(error)" }
            return "valid"
        }
        #expect(message { $0.populationSize = 1 } == "SNES: populationSize must be at least 2, got 1")
        #expect(message { $0.meanLearningRate = 0 } == "SNES: meanLearningRate must be positive, got 0.0")
        #expect(
            message { $0.deviationLearningRate = -1 } == "SNES: deviationLearningRate must be positive, got -1.0")
        #expect(message { _ in } == "valid")
    }

    /// One source file, this file, one line of the catalogue; its documentation, and what a script makes.
    @Test("a learner is added in one place")
    func places() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        var found: [String] = []
        for folder in ["Sources", "Tests", "scripts", "examples", "docs", "library", "README.md", "CHANGELOG.md"] {
            let start = root.appending(path: folder)
            let inside = (try? FileManager.default.subpathsOfDirectory(atPath: start.path)) ?? [""]
            for path in inside.sorted() where [".swift", ".lua", ".md", ".py", ".cases", ""].contains(ending(path)) {
                let name = path.isEmpty ? folder : "\(folder)/\(path)"
                guard let text = try? String(contentsOf: root.appending(path: name), encoding: .utf8) else { continue }
                if text.contains("SNES") { found.append(name) }
            }
        }
        let made = ["library/", "docs/reference/"]
        let spoken = ["CHANGELOG.md", "docs/learners.md"]
        let written = found.filter { name in !spoken.contains(name) && !made.contains { name.hasPrefix($0) } }
        #expect(
            written == [
                "Sources/RLEditLearners/Catalogue.swift", "Sources/RLEditLearners/SNES.swift",
                "Tests/RLEditLearnersTests/SNESTests.swift",
            ])
        let catalogue = try String(
            contentsOf: root.appending(path: "Sources/RLEditLearners/Catalogue.swift"), encoding: .utf8)
        #expect(catalogue.components(separatedBy: "SNES").count == 2)
    }

    private func ending(_ path: String) -> String {
        path.lastIndex(of: ".").map { String(path[$0...]) } ?? ""
    }
}
