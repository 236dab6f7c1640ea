internal import Foundation
public import RLEditCore

/// The held-out examples of one set whose answer an edit changed most: the strip of the report. It holds examples of the
/// user's data, and so lies in a file of its own.
public struct ChangedAnswers: Sendable, Equatable {
    /// A class with the probability that the model gives it.
    public struct Answer: Sendable, Equatable {
        public var label: Int
        /// NaN where the model's scores are not finite.
        public var probability: Double
    }

    public enum Content: Sendable, Equatable {
        /// A PNG file of at most ``mostPixels`` × ``mostPixels``, in base 64.
        case picture(String)
        /// The beginning of a text.
        case text(String)
        case none
    }

    public struct Example: Sendable, Equatable {
        /// Place in the set, from 1.
        public var number: Int
        /// The right class.
        public var label: Int
        public var before: Answer
        public var after: Answer
        public var content: Content
    }

    /// What `examples.json` holds.
    public struct File: Sendable, Equatable {
        /// Whose edit it was.
        public var stage: Stage
        public var sets: [ChangedAnswers]
    }

    public var set: String
    /// Of the set.
    public var examples: Int
    /// Those with another answer than before.
    public var changed: Int
    /// Some of these, the probabilities that moved furthest first.
    public var shown: [Example]

    /// Examples of all sets together, pixels of a side, and columns of a text that are kept.
    static let most = 12
    static let mostPixels = 64
    static let mostColumns = 200

    /// One line, cut where it is too long.
    static func line(_ text: String) -> String {
        // Marks that take no room are counted too: a thousand of them can sit on one letter.
        let start = text.unicodeScalars.prefix(2 * mostColumns)
        let words = String(String.UnicodeScalarView(start)).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let isCut = start.endIndex < text.unicodeScalars.endIndex
        return DisplayWidth.truncated(isCut ? words + "…" : words, to: mostColumns)
    }
}

extension ChangedAnswers {
    private static let formatVersion = 1

    /// What `examples.json` holds.
    /// - Parameter stage: whose edit it was.
    public static func json(_ sets: [ChangedAnswers], stage: Stage) -> JSONValue {
        func json(_ answer: Answer) -> JSONValue {
            ["class": .integer(answer.label), "probability": .number(answer.probability)]
        }
        return [
            "format": .integer(formatVersion), "stage": .string(stage.name),
            "sets": .array(
                sets.map { set in
                    [
                        "set": .string(set.set), "examples": .integer(set.examples), "changed": .integer(set.changed),
                        "shown": .array(
                            set.shown.map { example in
                                var object: JSONObject = [
                                    "example": .integer(example.number), "class": .integer(example.label),
                                    "before": json(example.before), "after": json(example.after),
                                ]
                                switch example.content {
                                case .picture(let png): object["png"] = .string(png)
                                case .text(let text): object["text"] = .string(text)
                                case .none: break
                                }
                                return .object(object)
                            }),
                    ]
                }),
        ]
    }

    /// Reads a run folder's file, of which nothing is believed: what does not fit is left out.
    /// - Returns: nil when there is none, or it is of another kind.
    static func read(_ path: String) -> File? {
        guard let bytes = try? FileSystem.read(path), let json = try? JSONValue(parsing: bytes),
            json["format"]?.integer == formatVersion, let stage = json["stage"]?.string
        else { return nil }
        func answer(_ json: JSONValue?) -> Answer? {
            json?["class"]?.integer.map { Answer(label: $0, probability: json?["probability"]?.double ?? .nan) }
        }
        func content(_ json: JSONValue) -> Content {
            if let png = json["png"]?.string, png.utf8.count < 1 << 16, Data(base64Encoded: png) != nil {
                return .picture(png)
            }
            return json["text"]?.string.map { .text(line($0)) } ?? .none
        }
        let sets = (json["sets"]?.array ?? []).prefix(most).compactMap { set -> ChangedAnswers? in
            guard let name = set["set"]?.string, let examples = set["examples"]?.integer,
                let changed = set["changed"]?.integer
            else { return nil }
            return ChangedAnswers(
                set: name, examples: examples, changed: changed,
                shown: (set["shown"]?.array ?? []).prefix(most).compactMap { example in
                    guard let number = example["example"]?.integer, let label = example["class"]?.integer,
                        let before = answer(example["before"]), let after = answer(example["after"])
                    else { return nil }
                    return Example(
                        number: number, label: label, before: before, after: after, content: content(example))
                })
        }
        return File(stage: Stage(stage), sets: Array(sets))
    }
}
