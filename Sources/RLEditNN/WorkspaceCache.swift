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
        let workspace = try take(key, of: graph)
        let result = try body(workspace)
        give(workspace)
        return result
    }

    /// A workspace that no one else holds, until it is given back.
    func take(_ key: Workspace.Key, of graph: NetworkGraph) throws(NetworkError) -> Workspace {
        let kept = idle.withLock { idle in
            idle.lastIndex { $0.key == key }.map { idle.remove(at: $0) }
        }
        if let kept { return kept }
        return try Workspace(graph: graph, key: key)
    }

    func give(_ workspace: Workspace) {
        idle.withLock { idle in
            idle.append(workspace)
            if idle.count > WorkspaceCache.limit { idle.removeFirst() }
        }
    }
}
