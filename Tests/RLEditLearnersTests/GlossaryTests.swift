import Foundation
import RLEditLearners
import RLEditTensor
import RLEditTestSupport
import Testing

@Suite struct GlossaryTests {
    /// Keys of the table under `## section` of docs/metrics.md.
    private func keys(under section: String) throws -> [String] {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/metrics.md")
        let lines = try String(contentsOf: page, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "## \(section)"))
        return lines[(start + 1)...].prefix { !$0.hasPrefix("## ") }.compactMap { line in
            line.hasPrefix("| `") ? line.dropFirst(3).split(separator: "`").first.map(String.init) : nil
        }
    }

    @Test(
        "Every value that a learner logs is in the glossary, in the same order, and nothing else is",
        arguments: [
            "PPO", "Reinforce", "EvolutionStrategy", "CMAES", "SeparableCMAES", "RandomSearch", "HillClimber",
        ])
    func glossary(name: String) throws {
        var settings = PPO.Configuration.stableBaselines3
        settings.valueClipRange = .constant(1)
        let learners: [any Learner] = [
            PPO(settings), Reinforce(), EvolutionStrategy(), CMAES(), SeparableCMAES(), RandomSearch(), HillClimber(),
        ]
        let learner = try #require(learners.first { $0.name == name })
        let environment = QuadraticBandit(environments: learner.environments(horizon: 1), target: [0.1])
        let driver = try LearnerDriver(learner, environment, seed: 0, pool: WorkerPool(workers: 1))
        try driver.step()
        #expect(try #require(driver.log.first).map(\.name) == keys(under: name))
    }
}
