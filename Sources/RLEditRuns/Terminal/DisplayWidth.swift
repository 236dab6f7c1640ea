/// How many columns of a terminal a text takes.
enum DisplayWidth {
    /// Columns of a text without control characters: 0 for combining marks, 2 for East Asian wide characters and emoji.
    static func of(_ text: String) -> Int { text.reduce(0) { $0 + of($1) } }

    /// A character takes the width of its base scalar; the emoji variation selector makes it wide.
    static func of(_ character: Character) -> Int {
        guard let base = character.unicodeScalars.first else { return 0 }
        if character.unicodeScalars.contains(where: { $0.value == 0xFE0F }) { return 2 }
        return of(base)
    }

    private static func of(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        // Ranges of width W and F in Unicode's EastAsianWidth.txt, joined where only unassigned code points lie between.
        switch scalar.value {
        case 0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
            0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x17000...0x18AFF, 0x1B000...0x1B2FF, 0x20000...0x3FFFD:
            return 2
        default:
            return scalar.properties.isEmojiPresentation ? 2 : 1
        }
    }

    /// The longest start of a text that fits, with `…` when something was left out.
    static func truncated(_ text: String, to columns: Int) -> String {
        if of(text) <= columns { return text }
        var result = ""
        var used = 0
        for character in text {
            let width = of(character)
            if used + width > columns - 1 { break }
            result.append(character)
            used += width
        }
        return columns > 0 ? result + "…" : ""
    }

    /// Text from scripts and file names without what would act on a terminal, on one line.
    static func printable(_ text: String) -> String { printable(text, keeping: []) }

    fileprivate static func printable(_ text: String, keeping kept: [Unicode.Scalar]) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    if kept.contains(scalar) { return scalar }
                    switch scalar.properties.generalCategory {
                    case .control, .lineSeparator, .paragraphSeparator: return Unicode.Scalar(0xFFFD as UInt16) ?? " "
                    default: break
                    }
                    // Characters that turn the direction of writing make a line read as another.
                    switch scalar.value {
                    case 0x202A...0x202E, 0x2066...0x2069: return Unicode.Scalar(0xFFFD as UInt16) ?? " "
                    default: return scalar
                    }
                }))
    }
}

/// What the program itself says, which may quote files and scripts of strangers.
package enum TerminalText {
    /// Lines without what would act on a terminal.
    package static func printable(_ lines: String) -> String { DisplayWidth.printable(lines, keeping: ["\n", "\t"]) }
}
