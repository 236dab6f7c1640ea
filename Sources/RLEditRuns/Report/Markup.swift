/// A piece of HTML or SVG that is well-formed by construction: text is escaped, elements are closed.
struct Markup: ExpressibleByStringInterpolation {
    /// The markup as it stands in the document.
    private(set) var source: String

    static let empty = Markup(source: "")

    private init(source: String) { self.source = source }

    /// Text, escaped. Control characters, which HTML has no form for, are replaced.
    init(_ text: String) {
        var source = ""
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
        self.source = source
    }

    init(stringLiteral value: String) { self.init(value) }

    /// Trusted source, such as the style sheet.
    static func raw(_ source: String) -> Markup { Markup(source: source) }

    /// `<name attributes>children</name>`.
    static func element(
        _ name: String, _ attributes: KeyValuePairs<String, String>, _ children: [Markup]
    ) -> Markup {
        var source = "<\(name)"
        for (key, value) in attributes { source += " \(key)=\"\(Markup(value).source)\"" }
        source += ">"
        for child in children { source += child.source }
        return Markup(source: source + "</\(name)>")
    }

    static func element(_ name: String, _ attributes: KeyValuePairs<String, String>, _ child: Markup) -> Markup {
        element(name, attributes, [child])
    }

    static func element(_ name: String, _ attributes: KeyValuePairs<String, String>) -> Markup {
        element(name, attributes, [])
    }

    static func element(_ name: String, _ child: Markup) -> Markup { element(name, [:], [child]) }

    /// Children of an element without attributes.
    static func element(_ name: String, children: [Markup]) -> Markup { element(name, [:], children) }

    /// An element that HTML defines without content or closing tag.
    static func void(_ name: String, _ attributes: KeyValuePairs<String, String>) -> Markup {
        var source = "<\(name)"
        for (key, value) in attributes { source += " \(key)=\"\(Markup(value).source)\"" }
        return Markup(source: source + "/>")
    }

    static func + (left: Markup, right: Markup) -> Markup { Markup(source: left.source + right.source) }
    static func += (left: inout Markup, right: Markup) { left.source += right.source }
}

/// A coordinate in SVG: a tenth of a pixel is exact enough and short.
func pixel(_ value: Double) -> String { NumberText.fixed(value, digits: 1) }
