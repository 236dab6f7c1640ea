package import LuaBridge
package import RLEditData

/// A set of texts as scripts hold it: `rledit.TextSet`. Swift functions read and return plain `TextSet`s.
struct ScriptTextSet: LuaBound {
    static var luaName: String { "rledit.TextSet" }
    let texts: TextSet
    /// Bytes of texts that came into being with this set; sets derived from it share them.
    var textBytes = 0
}

extension TextSet: LuaReadable, LuaPushable {
    package static var luaExpected: String { ScriptTextSet.luaName }
    package static func luaRead(_ slot: LuaSlot) throws -> TextSet? { try ScriptTextSet.luaRead(slot)?.texts }
    package func luaPush(_ context: LuaPushContext) throws { try ScriptTextSet(texts: self).luaPush(context) }
}

/// A vocabulary as scripts hold it: `rledit.Vocabulary`.
struct ScriptVocabulary: LuaBound {
    static var luaName: String { "rledit.Vocabulary" }
    let vocabulary: Vocabulary
}

extension Vocabulary: LuaReadable, LuaPushable {
    package static var luaExpected: String { ScriptVocabulary.luaName }
    package static func luaRead(_ slot: LuaSlot) throws -> Vocabulary? {
        try ScriptVocabulary.luaRead(slot)?.vocabulary
    }
    package func luaPush(_ context: LuaPushContext) throws { try ScriptVocabulary(vocabulary: self).luaPush(context) }
}

/// A tokenizer as scripts hold it: `rledit.WordPiece`.
struct ScriptWordPiece: LuaBound {
    static var luaName: String { "rledit.WordPiece" }
    let tokenizer: WordPiece
}

/// What `rledit.data.comments` returns: comments in three parts, and where they come from.
struct ScriptComments: LuaBound {
    static var luaName: String { "rledit.Comments" }
    let comments: Comments
    /// The objects that scripts see: reading a field twice gives the same one.
    let train: LuaObject
    let validation: LuaObject
    let test: LuaObject

    init(_ comments: Comments, host: LuaHost) throws {
        self.comments = comments
        train = try host.makeObject(ScriptTextSet(texts: comments.train, textBytes: comments.train.byteCount))
        validation = try host.makeObject(ScriptTextSet(texts: comments.validation))
        test = try host.makeObject(ScriptTextSet(texts: comments.test))
    }
}

/// What `rledit.data.templates` returns: sentences about identity terms, and where they come from.
struct ScriptTemplates: LuaBound {
    static var luaName: String { "rledit.Templates" }
    let templates: Templates
    let sentences: LuaObject

    init(_ templates: Templates, host: LuaHost) throws {
        self.templates = templates
        sentences = try host.makeObject(
            ScriptTextSet(texts: templates.sentences, textBytes: templates.sentences.byteCount))
    }
}
