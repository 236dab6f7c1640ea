import ArgumentParser
import Foundation

/// A launcher of parallel programs, such as `mpirun` and `srun`, that starts this program several times.
enum Launcher {
    /// How many copies each kind of launcher says that it started. An array of Slurm jobs sets none of these.
    private static let counts = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"]

    /// Refuses to be one of several equal runs, which would all compute the same.
    /// - Throws: `ValidationError`.
    static func requireOneCopy(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        for name in counts {
            guard let copies = environment[name].flatMap({ Int($0) }), copies > 1 else { continue }
            throw ValidationError(
                "a launcher started \(copies) copies of this program (\(name)=\(copies)), which would make the same run "
                    + "\(copies) times: start one copy with --workers, or give each copy a part of a sweep by --shard.")
        }
    }
}
