package import LuaBridge

/// What may come next on a line that is being typed.
package struct LineCompletion: Equatable, Sendable {
    /// To be put in at the cursor: what all names that fit have in common.
    package let insertion: String
    /// Names that fit, when there is nothing to put in and more than one of them.
    package let choices: [String]

    static let none = LineCompletion(insertion: "", choices: [])

    /// - Parameters:
    ///   - text: the text before the cursor.
    ///   - host: whose globals, modules, fields and methods are looked up; nothing of the script's runs.
    package init(after text: String, in host: LuaHost) {
        // At the beginning of a line the tabulator indents.
        if text.allSatisfy(\.isWhitespace) {
            self.init(insertion: "  ", choices: [])
            return
        }
        guard let place = Place(endOf: text) else {
            self = .none
            return
        }
        var names = host.memberNames(of: place.path, onlyMethods: place.isMethod)
        if place.path.isEmpty { names = (names + LuaWord.keywords).sorted() }
        let fitting = names.filter { $0.hasPrefix(place.begun) }
        let common = fitting.dropFirst().reduce(fitting.first ?? "") { common, name in
            String(zip(common, name).prefix { $0 == $1 }.map(\.0))
        }
        let insertion = String(common.dropFirst(place.begun.count))
        self.init(insertion: insertion, choices: insertion.isEmpty && fitting.count > 1 ? fitting : [])
    }

    private init(insertion: String, choices: [String]) {
        self.insertion = insertion
        self.choices = choices
    }

    /// `a.b:c` at the end of a line: the names before the last dot or colon, and what is typed of the last one.
    private struct Place {
        let path: [String]
        let begun: String
        let isMethod: Bool

        /// nil where no name is possible.
        init?(endOf text: String) {
            var chain = text.utf8.suffix(while: {
                LuaWord.isPart($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":")
            })
            // Two dots put strings together: what follows them is a new beginning.
            if let dots = chain.lastIndexOfTwoDots { chain = chain[dots...] }
            guard let whole = String(chain) else { return nil }
            let parts = whole.split(omittingEmptySubsequences: false) { ".:".contains($0) }.map(String.init)
            let begun = parts.last ?? ""
            path = Array(parts.dropLast())
            guard path.allSatisfy(LuaWord.isIdentifier), begun.isEmpty || LuaWord.isIdentifier(begun),
                !begun.isEmpty || !path.isEmpty
            else { return nil }
            self.begun = begun
            isMethod = whole.dropLast(begun.count).last == ":"
        }
    }
}

extension Substring.UTF8View {
    /// Where the bytes after the last `..` begin.
    fileprivate var lastIndexOfTwoDots: Index? {
        var place = endIndex
        while place > startIndex {
            let before = index(before: place)
            guard before > startIndex else { return nil }
            if self[before] == UInt8(ascii: "."), self[index(before: before)] == UInt8(ascii: ".") { return place }
            place = before
        }
        return nil
    }
}

extension String.UTF8View {
    fileprivate func suffix(while isIncluded: (UInt8) -> Bool) -> SubSequence {
        var start = endIndex
        while start > startIndex, isIncluded(self[index(before: start)]) { start = index(before: start) }
        return self[start...]
    }
}
