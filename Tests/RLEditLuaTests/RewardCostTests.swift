import Foundation
import LuaBridge
import RLEditLua
import RLEditRuns
import RLEditWorlds
import Testing

@Suite struct RewardCostTests {
    /// The goal is 2 µs on a quiet machine; ten times that would be a fault in the way and not noise.
    @Test("calling a reward with two metrics and two terms costs microseconds")
    func cost() throws {
        let text = """
            return task { reward = function(m)
              local keep, drop = m.retain.accuracy, 1 - m.forget.accuracy
              return keep + drop, { keep = keep, drop = drop }
            end }
            """
        try TaskScript.run(text) { session, task in
            let problem = try task.makeEditTask().problem
            let environment = try EditEnvironment(
                problem, environments: 64, pool: session.context.pool, random: session.context.random)
            _ = try environment.reset(seed: 0)
            let batch = try environment.source.evaluate(
                Array(repeating: environment.evaluator.layers.map { _ in .unchanged }, count: 64))
            let base = environment.source.base()
            var best = Double.infinity
            for _ in 0..<20 {
                let started = DispatchTime.now().uptimeNanoseconds
                for candidate in 0..<64 {
                    let context = RewardContext(
                        batch: batch, candidate: candidate, base: base, step: 1, episode: 1, progress: 0)
                    _ = try problem.reward.reward(context)
                }
                best = min(best, Double(DispatchTime.now().uptimeNanoseconds - started) / 64)
            }
            #expect(best < 20_000)
        }
    }
}
