import Foundation
import Testing

/// The system's MPI, and the agent that `scripts/test` builds where `mpicc` is installed.
enum MPI {
    static let launcher = ["/usr/bin", "/usr/local/bin"].map { "\($0)/mpirun" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }
    static let isInstalled =
        launcher != nil
        && FileManager.default.isExecutableFile(
            atPath: (Binary.path as NSString).deletingLastPathComponent + "/mpi-agent")
    /// MPI refuses root otherwise, and its own folder's path must be short.
    static let environment = [
        "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "TMPDIR": "/tmp",
    ]

    /// What starts a command as several processes.
    static func command(_ processes: Int) throws -> [String] {
        [try #require(launcher), "--oversubscribe", "--bind-to", "none", "-n", "\(processes)"]
    }
}
