import ArgumentParser
import Foundation
import RLEditTensor

/// A launcher of parallel programs, such as `mpirun` and `srun`, that starts this program several times.
enum Launcher {
    /// The processes of this run; nil for a run of one.
    nonisolated(unsafe) private(set) static var processes: ProcessGroup?
    /// The way to them. Both are written once, before any other thread exists.
    nonisolated(unsafe) private static var agent: ProcessAgent?

    /// How many copies each kind of launcher says that it started. An array of Slurm jobs sets none of these.
    private static let counts = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"]

    private static func copies(_ environment: [String: String]) -> (name: String, count: Int)? {
        for name in counts {
            if let count = environment[name].flatMap({ Int($0) }), count > 1 { return (name, count) }
        }
        return nil
    }

    /// The agent's program: beside this one, or where `scripts/install --with-mpi` puts it.
    private static var agentPath: String? {
        guard let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else { return nil }
        let folder = (own as NSString).deletingLastPathComponent
        return ["\(folder)/mpi-agent", "\((folder as NSString).deletingLastPathComponent)/libexec/rledit/mpi-agent"]
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Joins the copies that a launcher started, where MPI is installed. To be called before any other thread exists.
    ///
    /// Process 0 alone prints.
    /// - Parameter heedsSignals: whether a signal stops each process; else signals reach process 0 alone, and the others do
    ///   as it does.
    /// - Throws: ``ProcessGroupError`` when MPI does not start.
    static func join(
        heedsSignals: Bool = false, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        guard processes == nil, let copies = copies(environment), let path = agentPath else { return }
        let joined = try ProcessAgent(path: path)
        let group = try joined.group()
        guard group.count == copies.count else {
            throw ValidationError(
                "a launcher started \(copies.count) copies of this program (\(copies.name)=\(copies.count)), and MPI knows of "
                    + "\(group.count): the launcher belongs to another MPI than '\(path)'. Run 'scripts/install --with-mpi' with "
                    + "the mpicc of that launcher.")
        }
        agent = joined
        processes = group
        guard !group.isFirst else { return }
        let null = open("/dev/null", O_WRONLY)
        for descriptor in [STDOUT_FILENO, STDERR_FILENO] { dup2(null, descriptor) }
        if !heedsSignals { for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_IGN) } }
    }

    /// Tells process 0 why this one fails; it alone can say so.
    static func report(_ message: @autoclosure () -> String) {
        if let processes, !processes.isFirst { agent?.fail(message()) }
    }

    /// Refuses to be one of several equal runs, which would all compute the same.
    /// - Parameter isShared: whether the command's work is shared among processes that have joined.
    /// - Throws: `ValidationError`.
    static func requireOneRun(
        isShared: Bool = false, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        guard let copies = copies(environment), !(isShared && processes != nil) else { return }
        let advice =
            isShared
            ? "install what lets them share one run ('scripts/install --with-mpi'), start one copy with --workers, or give "
                + "each copy a part of a sweep by --shard"
            : "this command is not shared among processes: start one copy with --workers, or give each copy a part of a "
                + "sweep by --shard"
        throw ValidationError(
            "a launcher started \(copies.count) copies of this program (\(copies.name)=\(copies.count)), which would make "
                + "the same run \(copies.count) times: \(advice).")
    }
}
