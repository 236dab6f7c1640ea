internal import RLEditData
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// A set of examples as the command line names it: `forget=FILE.safetensors`, `retain=digits:train:class!=7:take=2000`.
///
/// Before the first colon is a file with the tensors `inputs` and `labels`, or `digits`: MNIST where it is found,
/// else generated. Then, each after a colon and done from left to right: `train` (default) or `test` of digits, `class=N`,
/// `class!=N`, `take=N`. A file with a colon in its name cannot be given.
package struct SetSpecification: Sendable {
    let name: String
    private let source: String
    private let filters: [Filter]
    private let text: String
    private let option: String

    private enum Filter: Sendable {
        case train, test
        case label(Int, isKept: Bool)
        case take(Int)
    }

    /// - Throws: ``SetSpecificationError``.
    /// - Parameter option: that gave the text, for messages.
    package init(_ text: String, option: String = "--set") throws {
        self.option = option
        func fail(_ message: String) -> SetSpecificationError {
            SetSpecificationError(option: option, text: text, message: message)
        }
        guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
            throw fail("name=SOURCE expected, such as forget=digits:class=7 or forget=images.safetensors")
        }
        self.text = text
        name = String(text[..<equals])
        let rest = text[text.index(after: equals)...].split(separator: ":", omittingEmptySubsequences: false)
        guard let first = rest.first, !first.isEmpty else { throw fail("a file or 'digits' expected after '='") }
        source = String(first)
        let isDigits = source == "digits"
        guard !(rest.contains("train") && rest.contains("test")) else {
            throw fail("either 'train' or 'test' of the digits, not both")
        }
        filters = try rest.dropFirst().map { part in
            func number(after prefix: String) throws -> Int {
                guard let value = Int(part.dropFirst(prefix.count)), value >= 0 else {
                    throw fail("a whole number expected in '\(part)'")
                }
                return value
            }
            switch part {
            case "train" where isDigits: return .train
            case "test" where isDigits: return .test
            case _ where part.hasPrefix("class="): return .label(try number(after: "class="), isKept: true)
            case _ where part.hasPrefix("class!="): return .label(try number(after: "class!="), isKept: false)
            case _ where part.hasPrefix("take="): return .take(try number(after: "take="))
            default:
                throw fail(
                    "'\(part)' is none of \(isDigits ? "train, test, " : "")class=N, class!=N, take=N")
            }
        }
    }

    /// The examples.
    /// - Parameter digits: read once, for all sets that name them.
    func examples(digits: () throws -> PictureData) throws -> NamedSet {
        var set: ExampleSet
        if source == "digits" {
            let data = try digits()
            let isTest = filters.contains { if case .test = $0 { true } else { false } }
            set = isTest ? data.test : data.train
        } else {
            set = try ExampleSet(safetensors: SafetensorsFile(path: source), name: name)
        }
        for filter in filters {
            switch filter {
            case .train, .test: break
            case .label(let label, let isKept):
                set = set.partition { ($0 == label) == isKept }.matching
                guard !set.isEmpty else {
                    throw SetSpecificationError(
                        option: option, text: text,
                        message: "no example has \(isKept ? "the class" : "another class than") \(label)")
                }
            case .take(let count): set = try set.take(count)
            }
        }
        guard !set.isEmpty else {
            throw SetSpecificationError(option: option, text: text, message: "holds no example")
        }
        return NamedSet(name: name, examples: set)
    }
}

package struct SetSpecificationError: Error, Equatable, Sendable, CustomStringConvertible {
    package let option: String
    package let text: String
    package let message: String
    package var description: String { "\(option) \(text): \(message)" }
}
