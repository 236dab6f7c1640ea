internal import Foundation
internal import Synchronization

/// Idle workspaces of one graph, the most recently used last. Holds few, since they are memory: enough for every core to
/// alternate between two kinds of block.
final class WorkspaceCache: Sendable {
    private static let limit = max(8, 2 * ProcessInfo.processInfo.activeProcessorCount)
    private let idle = Mutex<[Workspace]>([])

    /// Runs `body` with a workspace that no one else holds.
    func withWorkspace<Result>(
        _ key: Workspace.Key, of graph: NetworkGraph, _ body: (Workspace) throws(NetworkError) -> Result
    ) throws(NetworkError) -> Result {
        let kept = idle.withLock { idle in
            idle.lastIndex { $0.key == key }.map { idle.remove(at: $0) }
        }
        let workspace: Workspace
        if let kept { workspace = kept } else { workspace = try Workspace(graph: graph, key: key) }
        let result = try body(workspace)
        idle.withLock { idle in
            idle.append(workspace)
            if idle.count > WorkspaceCache.limit { idle.removeFirst() }
        }
        return result
    }
}
