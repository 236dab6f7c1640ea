internal import Foundation

/// The absolute path with every symbolic link followed, or nil when nothing is there.
package func realPath(_ path: String) -> String? {
    // realpath(3) allocates the answer; it is freed here.
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
}
