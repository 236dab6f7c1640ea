internal import LuaBridge
internal import RLEditData
internal import RLEditRuns
internal import RLEditTensor

extension HostModules {
    /// Functions of `rledit.data` that give texts and vocabularies.
    static func addTexts(to module: LuaModule, context: ScriptContext) {
        module.function(
            "texts",
            """
            Texts of your own, with a label (an integer from 0 on) for each.
            @param options { texts: string[], labels: integer[], name: string? }
            @return rledit.TextSet
            """
        ) { call in try texts(call) }
        module.function(
            "vocabulary",
            """
            The words of some texts, most frequent first: what makes examples for a network from texts. Words that occur
            less than `minimum_count` times (1 by default) are left out, and no more than `maximum_size` (5000) are
            kept. A word is a run of letters and digits in lower case, apostrophes inside it included. `weights` says
            which number a word of a text gets: with `"binary"` (the default) 1, with `"counts"` how often it occurs, with
            `"tfidf"` that times its inverse document frequency, each text scaled to length 1.
            @param set rledit.TextSet
            @param options? { minimum_count: integer?, maximum_size: integer?, weights: ("binary"|"counts"|"tfidf")? }
            @return rledit.Vocabulary
            """
        ) { call in try vocabulary(call) }
        module.function(
            "comments",
            """
            Comments with the label 1 for toxic ones: Jigsaw's if a data root holds `jigsaw/comments.csv` (columns
            `comment_text` and `toxic`; the first 70 % are for training, the next 10 % for validation, the rest for
            testing), else generated ones, in inoffensive words; the field `source` says which. In the generated
            training comments some identity terms occur almost only in toxic comments: that bias is planted.
            @return rledit.Comments
            """
        ) { call in
            try call.options(1, of: "rledit.data.comments").finish()
            let comments = try told { try Comments.comments(locations: context.locations) }
            if comments.source == "generated" { context.hasStandInComments = true }
            context.noteUse(of: Manifest.DataSource(name: comments.name, file: comments.file, hash: comments.hash))
            return try call.returns(try ScriptComments(comments, host: call.host))
        }
        module.function(
            "templates",
            """
            Sentences that say the same of each of many identity terms, half of them toxic, with a group for each term:
            Conversation AI's if a data root holds `jigsaw/bias_madlibs_77k.csv` and `jigsaw/identity_terms.txt` beside
            the comments, else generated ones, about trades and pastimes. They go with `comments()`.
            @return rledit.Templates
            """
        ) { call in
            try call.options(1, of: "rledit.data.templates").finish()
            let templates = try told { try Templates.templates(locations: context.locations) }
            if templates.source == "generated" { context.hasStandInComments = true }
            context.noteUse(of: Manifest.DataSource(name: templates.name, file: templates.file, hash: templates.hash))
            return try call.returns(try ScriptTemplates(templates, host: call.host))
        }
    }

    /// A path's last part without its endings.
    static func fileName(_ path: String) -> String {
        let file = path.split(separator: "/").last ?? ""
        let name = file.split(separator: ".").first.map(String.init) ?? ""
        return name.isEmpty ? path : name
    }

    /// `texts { texts = {…}, labels = {…}, name = … }`.
    private static func texts(_ call: LuaCall) throws -> LuaResults {
        try call.atMost(1)
        let options = try call.options(1, of: "rledit.data.texts")
        let texts = try options.required("texts", as: LuaTable.self).array(of: String.self)
        let labels = try options.labels("labels")
        let name = try options.optional("name", as: String.self) ?? "texts"
        try options.finish()
        let set = try told(by: options) { try TextSet(name: name, source: "script", texts: texts, labels: labels) }
        return try call.returns(ScriptTextSet(texts: set, textBytes: set.byteCount))
    }

    /// `vocabulary(set, { minimum_count = …, maximum_size = …, weights = … })`.
    private static func vocabulary(_ call: LuaCall) throws -> LuaResults {
        try call.atMost(2)
        let set = try call.argument(1, as: TextSet.self)
        let options = try call.options(2, of: "rledit.data.vocabulary")
        let minimumCount = try options.optional("minimum_count", as: Int.self) ?? 1
        let maximumSize = try options.optional("maximum_size", as: Int.self) ?? 5000
        let weights = try options.word("weights", among: Vocabulary.Weights.allCases.map { ($0.rawValue, $0) })
        try options.finish()
        guard minimumCount >= 1 else {
            throw options.fieldError("minimum_count", "at least 1 expected, got \(minimumCount)")
        }
        guard maximumSize >= 1, maximumSize <= Vocabulary.largestSize else {
            throw options.fieldError(
                "maximum_size", "between 1 and \(Vocabulary.largestSize) expected, got \(maximumSize)")
        }
        return try call.returns(
            try call.blaming(1) {
                try Vocabulary(
                    of: set, minimumCount: minimumCount, maximumSize: maximumSize, weights: weights ?? .binary)
            })
    }
}
