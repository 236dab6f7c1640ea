internal import CLuaShims

/// What is done when the process ends where no error can be reported: at a limit that the script did not stop for, or at
/// a second signal.
package enum ProcessEnd {
    /// Notes a file or an empty folder to be removed then. They are removed in the order of the calls, as far as they are
    /// there; one that cannot be removed, since it holds something, ends the removal.
    package static func remove(_ path: String) { luahost_remove_at_end(path) }

    /// Removes what was noted.
    package static func removeNow() { luahost_remove_now() }
}
