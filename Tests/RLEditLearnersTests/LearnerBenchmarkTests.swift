import Foundation
import RLEditLearners
import RLEditTestSupport
import Testing

/// Not a test of speed: prints a table when `RLEDIT_BENCH` is set.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["RLEDIT_BENCH"] != nil))
struct LearnerBenchmarkTests {
    @Test("PPO's own cost on the reference task's sizes", arguments: [1, 2])
    func reference(workers: Int) throws {
        for (horizon, shared) in [(1, true), (1, false), (4, false)] {
            let best = try (0..<3).map { _ in
                try timePPO(
                    PPO.Configuration.stableBaselines3, observationSize: 4096, actionSize: 160, horizon: horizon,
                    shared: shared,
                    workers: workers)
            }.min { $0.updating + $0.collecting < $1.updating + $1.collecting }
            guard let best else { continue }
            print(
                "workers \(workers) horizon \(horizon) shared \(shared): collect \(best.collecting) s, "
                    + "update \(best.updating) s, \(Int(best.stepsPerSecond)) steps/s")
        }
    }
}
