/// A piece of HTML or SVG that is well-formed by construction: text is escaped, elements are closed.
///
/// In a string literal, `\(…)` takes text and numbers, which are escaped, markup, and words of the glossary. A list of
/// pieces is a piece, too.
struct Markup: ExpressibleByStringInterpolation, ExpressibleByArrayLiteral {
    /// As the document has it.
    private(set) var source = ""

    static let empty = Markup([])
    var isEmpty: Bool { source.isEmpty }

    /// Text, escaped. HTML has no form for control characters; they are replaced.
    init(_ text: String) {
        source.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": source += "&amp;"
            case "<": source += "&lt;"
            case ">": source += "&gt;"
            case "\"": source += "&quot;"
            case "\n", "\t": source.unicodeScalars.append(scalar)
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": source += "\u{FFFD}"
            default: source.unicodeScalars.append(scalar)
            }
        }
    }

    init(_ parts: [Markup]) { source = parts.map(\.source).joined() }
    init(arrayLiteral parts: Markup...) { self.init(parts) }
    init(stringLiteral text: String) { self.init(text) }
    init(stringInterpolation: StringInterpolation) { self.init(stringInterpolation.parts) }

    /// Trusted source, such as the style sheet.
    init(trusted source: String) { self.source = source }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var parts: [Markup] = []

        init(literalCapacity: Int, interpolationCount: Int) {}
        mutating func appendLiteral(_ text: String) { parts.append(Markup(text)) }
        mutating func appendInterpolation(_ text: String) { parts.append(Markup(text)) }
        mutating func appendInterpolation(_ number: Int) { parts.append(Markup(String(number))) }
        mutating func appendInterpolation(_ markup: Markup) { parts.append(markup) }
        mutating func appendInterpolation(term word: String) { parts.append(.term(word)) }
    }

    /// An element: `<name class="…" attributes>content</name>`.
    /// - Parameters:
    ///   - name: of the element, followed by a dot and its classes when it has some: `span.status failed`.
    ///   - attributes: empty ones are left out.
    static func tag(_ name: String, _ attributes: KeyValuePairs<String, String>, _ content: Markup = .empty) -> Markup {
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        let classes = parts.dropFirst().map { (key: "class", value: $0) }
        let texts = (classes + attributes).filter { !$0.value.isEmpty }.map { " \($0)=\"\(Markup($1).source)\"" }
        let open = "<\(parts[0])\(texts.joined())"
        // Elements that HTML defines without content or closing tag.
        let isVoid = ["meta", "img"].contains(parts[0])
        return Markup(trusted: isVoid ? "\(open)/>" : "\(open)>\(content.source)</\(parts[0])>")
    }

    static func tag(_ name: String, _ content: Markup = .empty) -> Markup { tag(name, [:], content) }
}
