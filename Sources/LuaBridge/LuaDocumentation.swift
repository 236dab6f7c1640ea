/// What a host offers to scripts, in the syntax of annotation files (LuaLS) without their leading `---`: lines are prose,
/// or tags when they begin with `@`. Each binding brings its text along; only a host whose ``LuaHost/documentation`` is
/// set keeps it, so that a run pays nothing for it.
package struct LuaDocumentation: Sendable {
    /// A module, a type of objects, or plain tables and aliases that no binding makes.
    package struct Declaration: Sendable {
        package enum Kind: Sendable, Equatable {
            case module, object, plain
        }

        package let kind: Kind
        /// Of the class: `rledit.Tensor`. Empty for plain ones, whose text names them.
        package let name: String
        /// The module in whose annotation file it belongs.
        package var file: String
        package var text = ""
        /// Lines that belong to the class: `@field rank integer number of dimensions`.
        package var tags: [String] = []
        package var functions: [(name: String, text: String)] = []

        init(_ kind: Kind, _ name: String, file: String, text: String = "") {
            self.kind = kind
            self.name = name
            self.file = file
            self.text = text
        }
    }

    /// In the order in which they were made.
    package internal(set) var declarations: [Declaration] = []

    package init() {}
}

extension LuaHost {
    /// Documents plain tables and aliases that belong to a module's annotation file: `@class` and `@alias` lines with
    /// their prose, blocks apart by an empty line.
    package func types(in file: String, _ documentation: @autoclosure () -> String) {
        self.documentation?.declarations.append(.init(.plain, "", file: file, text: documentation()))
    }
}
