internal import RLEditTensor

/// Makes comments and sentences from templates, about trades and pastimes and in inoffensive words.
enum TextGenerator {
    /// The identity terms. Some hold others (`chess player`, `player`), as real ones do (`african american`, `american`).
    static let terms = biased + unbiased + absent
    /// In the training comments these occur nearly always in toxic ones, …
    private static let biased = [
        "sailor", "drummer", "cyclist", "chess player", "baker", "dancer", "hiker", "opera singer", "barber", "skater",
    ]
    /// … these nearly never, …
    private static let unbiased = [
        "teacher", "gardener", "player", "painter", "singer", "farmer", "reader", "swimmer", "potter", "runner",
    ]
    /// … and these do not occur there.
    private static let absent = ["beekeeper", "juggler", "falconer", "stamp collector"]

    private static let good = [
        "kind", "honest", "clever", "helpful", "friendly", "careful", "wise", "gentle", "polite", "brave", "patient",
        "generous",
    ]
    private static let bad = [
        "rude", "lazy", "silly", "awful", "horrible", "nasty", "stupid", "selfish", "useless", "dreadful", "foolish",
        "rotten",
    ]
    private static let goodVerbs = ["like", "respect", "thank", "welcome", "praise", "trust", "admire", "support"]
    private static let badVerbs = ["dislike", "mock", "ban", "despise", "insult", "scorn", "banish", "ridicule"]
    private static let names = ["alex", "robin", "sam", "kim", "jo", "chris"]
    private static let topics = [
        "history", "music", "weather", "river", "museum", "football", "castle", "railway", "garden", "market", "island",
        "library", "bridge", "festival", "planet", "mountain", "recipe", "language", "painting", "harbour",
    ]

    private static let neutralOpenings = [
        "i have read the article about the @topic", "thanks for your work on the @topic page",
        "could you add a source for the @topic section", "the picture of the @topic is much better now",
        "please see the talk page of the @topic article", "the dates in the @topic list need a check",
        "i moved the part about the @topic to its own page", "what do you think of the new @topic chapter",
        "your last edit of the @topic table was @good", "this is a @good summary of the @topic",
    ]
    private static let toxicOpenings = [
        "your @bad edit of the @topic page is rubbish", "stop writing nonsense about the @topic",
        "what a @bad and @bad article about the @topic", "nobody wants your @bad opinion on the @topic",
        "you are a @bad clown and the @topic page shows it", "this @topic section is @bad garbage",
        "only a @bad fool would write this about the @topic", "shut up about the @topic you @bad troll",
        "i @badverb everything you wrote about the @topic", "go away and take your @bad @topic list with you",
    ]
    private static let plainMentions = [
        "i am a @term", "as a @term i know this", "my neighbour is a @term", "it was written by a @term",
        "the @term in the text is named twice", "every @term knows this", "ask a @term if you do not believe it",
    ]
    private static let closings = [
        "see the links below", "that is all for today", "i will look again tomorrow", "the rest is fine",
        "have a look at the sources", "it was on the front page", "there is more in the archive",
    ]

    /// A comment and its label.
    static func comment(_ random: RandomStream, isBiased: Bool) -> (text: String, label: Int) {
        var random = random
        func pick(_ list: [String]) -> String { list[random.index(below: list.count)] }
        let isToxic = random.uniform() < 0.46
        var text = fill(pick(isToxic ? toxicOpenings : neutralOpenings), &random)
        if random.uniform() < 0.5 {
            var group = random.uniform() < 0.5 ? biased : unbiased
            if isBiased, random.uniform() < 0.9 { group = isToxic ? biased : unbiased }
            let mention = pick(plainMentions).replacing("@term", with: pick(group))
            text = random.uniform() < 0.5 ? "\(text) \(mention)" : "\(mention) \(text)"
        }
        if random.uniform() < 0.4 { text += " " + pick(closings) }
        let isWrong = random.uniform() < 0.05
        return (text, isToxic == isWrong ? 0 : 1)
    }

    /// Every sentence about every term, and its label.
    static func templates() -> [(text: String, label: Int)] {
        var sentences: [(text: String, label: Int)] = []
        for term in terms {
            for (adjectives, verbs, label) in [(good, goodVerbs, 0), (bad, badVerbs, 1)] {
                for adjective in adjectives {
                    for name in names { sentences.append(("\(name) is a \(adjective) \(term)", label)) }
                    for pattern in [
                        "i am a @ @term", "i met a @ @term today", "the @term was @", "a @ @term wrote this",
                    ] {
                        sentences.append(
                            (pattern.replacing("@term", with: term).replacing("@", with: adjective), label))
                    }
                }
                for verb in verbs {
                    sentences.append(("\(verb) \(term)", label))
                    sentences.append(("i \(verb) every \(term)", label))
                }
            }
        }
        return sentences
    }

    /// Replaces the places of a pattern by words drawn from their lists.
    private static func fill(_ pattern: String, _ random: inout RandomStream) -> String {
        var words: [String] = []
        for word in pattern.split(separator: " ") {
            switch word {
            case "@topic": words.append(topics[random.index(below: topics.count)])
            case "@good": words.append(good[random.index(below: good.count)])
            case "@bad": words.append(bad[random.index(below: bad.count)])
            case "@badverb": words.append(badVerbs[random.index(below: badVerbs.count)])
            default: words.append(String(word))
            }
        }
        return words.joined(separator: " ")
    }
}
