/// A piece of HTML or SVG that is well-formed by construction: text is escaped, elements are closed.
///
/// In a literal, `\(…)` takes text and numbers, which are escaped, markup, and words of the glossary.
struct Markup: ExpressibleByStringInterpolation {
    /// As the document has it.
    private(set) var source = ""

    static let empty = Markup([])

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
    init(stringLiteral text: String) { self.init(text) }
    init(stringInterpolation: StringInterpolation) { self.init(stringInterpolation.parts) }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var parts: [Markup] = []

        init(literalCapacity: Int, interpolationCount: Int) {}
        mutating func appendLiteral(_ text: String) { parts.append(Markup(text)) }
        mutating func appendInterpolation(_ text: String) { parts.append(Markup(text)) }
        mutating func appendInterpolation(_ number: Int) { parts.append(Markup(String(number))) }
        mutating func appendInterpolation(_ markup: Markup) { parts.append(markup) }
        mutating func appendInterpolation(term word: String) { parts.append(.term(word)) }
    }

    /// Trusted source, such as the style sheet.
    static func raw(_ source: String) -> Markup {
        var markup = Markup.empty
        markup.source = source
        return markup
    }

    /// An element: `<name class="…" attributes>children</name>`.
    /// - Parameters:
    ///   - name: of the element, followed by a dot and its classes when it has some: `span.status failed`.
    ///   - attributes: empty ones are left out.
    static func tag(_ name: String, _ attributes: KeyValuePairs<String, String>, _ children: [Markup]) -> Markup {
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        var open = "<\(parts[0])"
        if parts.count > 1 { open += " class=\"\(Markup(parts[1]).source)\"" }
        for (key, value) in attributes where !value.isEmpty { open += " \(key)=\"\(Markup(value).source)\"" }
        // Elements that HTML defines without content or closing tag.
        if ["meta", "img"].contains(parts[0]) { return raw("\(open)/>") }
        return raw("\(open)>\(Markup(children).source)</\(parts[0])>")
    }

    static func tag(_ name: String, _ attributes: KeyValuePairs<String, String>, _ children: Markup...) -> Markup {
        tag(name, attributes, children)
    }

    static func tag(_ name: String, _ children: [Markup]) -> Markup { tag(name, [:], children) }
    static func tag(_ name: String, _ children: Markup...) -> Markup { tag(name, [:], children) }

    static func + (left: Markup, right: Markup) -> Markup { Markup([left, right]) }
}
