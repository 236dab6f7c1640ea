/// A failure of a script, or of the host on its behalf.
package struct LuaError: Error, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// An error that the script, or a function it called, raised.
        case script
        /// The text is not Lua.
        case syntax
        case timeLimit
        case memoryLimit
        case outputLimit
        /// Ctrl-C.
        case interrupted
        /// The host was used wrongly: closed, or from another thread.
        case host
    }

    package var kind: Kind
    /// `file:line: what happened`, printable, at most 8 kB.
    package var message: String
    /// The stack when the error was raised.
    package var traceback: String?
    /// What may help: an option, a page of the manual.
    package var hint: String?
    /// The Swift error that a bound function threw, if that is where this began.
    package var underlying: (any Error)?
    /// The error value itself when it was not a string.
    package var value: LuaValue?

    package init(
        _ kind: Kind, _ message: String, traceback: String? = nil, hint: String? = nil,
        underlying: (any Error)? = nil, value: LuaValue? = nil
    ) {
        self.kind = kind
        self.message = message
        self.traceback = traceback
        self.hint = hint
        self.underlying = underlying
        self.value = value
    }

    package var description: String { message }

    /// True for what no script can catch.
    package var isLimit: Bool {
        switch kind {
        case .timeLimit, .memoryLimit, .outputLimit, .interrupted: true
        case .script, .syntax, .host: false
        }
    }

    /// The whole report for a person: message, traceback, hint.
    package var report: String {
        var text = message
        if let traceback, !traceback.isEmpty { text += "\n" + traceback }
        if let hint { text += "\n" + hint }
        return text
    }
}

/// An error about how a function was called. It becomes a Lua error at the line of the call.
package struct LuaUsageError: Error, CustomStringConvertible, Equatable {
    package let description: String
    package init(_ description: String) { self.description = description }

    /// Whether it is one of `LuaCall.argumentError`.
    var isAboutArguments: Bool { description.hasPrefix("bad argument #") }
}

/// Why a value cannot be read as a type, when "T expected, got U" does not say it.
package struct LuaMismatch: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
