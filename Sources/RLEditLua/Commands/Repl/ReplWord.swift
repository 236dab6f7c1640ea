internal import LuaBridge

/// What people type into a session that is not Lua, as a line of its own: `help`, `exit`, `quit`, with `()` or without.
enum ReplWord {
    case help
    case exit

    /// nil for any other line, and for a name that the session has given a value.
    init?(_ line: [UInt8], in host: LuaHost) {
        var text = String(decoding: line, as: UTF8.self).filter { !$0.isWhitespace }
        if text.hasSuffix(";") { text.removeLast() }
        if text.hasSuffix("()") { text.removeLast(2) }
        let words: [String: ReplWord] = ["help": .help, "exit": .exit, "quit": .exit]
        guard let word = words[text], (try? host.global(text).isNil) == true else { return nil }
        self = word
    }

    static let helpText = """
        Type Lua: an expression is printed, a statement runs, and what is not complete goes on in the next line.
          rledit           what the module has; of any table its contents, one level deep
          rledit.nn        a part of it; on a terminal the tabulator completes names
          x = 5            a global stays; a local is gone at the end of what was typed
          task             the task of the script that the command line names
          exit, quit       leave, as Ctrl-D does; Ctrl-C stops what runs
        docs/README.md lists the pages: a tour, the reference of each module, the command line.
        """
}
