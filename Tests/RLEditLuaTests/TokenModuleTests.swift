import Foundation
import RLEditTestSupport
import Testing

@Suite("Tokens in Lua: from texts to an encoder")
struct TokenModuleTests {
    private func run(_ text: String) throws -> String {
        let script = ModuleScript()
        defer { script.remove() }
        for name in ["vocab.txt", "cased.json"] {
            try Data(try Corpus.bytes(.wordpiece, name)).write(
                to: URL(fileURLWithPath: "\(script.folder)/data/\(name)"))
        }
        let texts = #"data.texts { texts = { "ban dol", "Ban a b c", "[MASK]" }, labels = { 1, 0, 1 }, name = "t" }"#
        return try script.run("local texts = \(texts)\n\(text)").printed
    }

    @Test("a tokenizer encodes sets and texts, and decodes tokens")
    func tokenizer() throws {
        let printed = try run(
            """
            local uncased, cased = data.wordpiece "vocab.txt", data.wordpiece "cased.json"
            print(uncased, #uncased, uncased.count, uncased.cased, cased, data.wordpiece { path = "vocab.txt", cased = true })
            local set = uncased:encode(texts:group_by_terms { "ban" }, { maximum_length = 5 })
            print(set, #set:group "ban", set:inputs(2, 3))
            print(uncased:encode(texts).example_shape[1], table.concat(uncased:tokens "Ban dol", " "))
            print(table.concat(cased:tokens "Ban dol", " "), uncased:decode { 3, 8, 16, 7, 4, -1 })
            """)
        #expect(
            printed == """
                wordpiece of 379 tokens, uncased\t379\t379\tfalse\twordpiece of 379 tokens, cased\twordpiece of 379 tokens, cased
                t (script): 3 examples of [5], values -1 … 60; labels 0: 1, 1: 2; 1 group\t2\tTensor [2, 5]:
                  3.0, 6.0, 59.0, 60.0, 4.0
                  3.0, 5.0, 4.0, -1.0, -1.0
                128\t3 6 7 4
                3 9 7 4\tbandolban dol

                """)
    }

    @Test("an encoder takes the rows of a tokenizer, and padding changes nothing")
    func encoder() throws {
        let printed = try run(
            """
            local tokenizer = data.wordpiece "vocab.txt"
            local config = {
              vocab_size = #tokenizer, hidden_size = 4, num_hidden_layers = 1, num_attention_heads = 2, intermediate_size = 8,
              max_position_embeddings = 16, type_vocab_size = 2 }
            local short = models.bert { config = config, length = 6, classes = 2, seed = 3 }
            local long = models.bert { config = config, length = 16, classes = 2, seed = 3 }
            local a = short:forward(tokenizer:encode(texts, { maximum_length = 6 }))
            print(a:is_close(long:forward(tokenizer:encode(texts, { maximum_length = 16 })), { relative = 1e-4, absolute = 1e-5 }))
            """)
        #expect(printed == "true\n")
    }

    @Test(
        "errors name what is wrong",
        arguments: [
            ("data.wordpiece 'none.txt'", "no file 'none.txt' under the data roots"),
            ("data.wordpiece {}", "missing field 'path' in rledit.data.wordpiece"),
            ("data.wordpiece { path = 'vocab.txt', case = true }", "unknown field 'case' in rledit.data.wordpiece"),
            (
                "data.wordpiece { path = 'cased.json', cased = true }",
                "it says itself whether it is cased: leave 'cased' out"
            ),
            (
                "data.wordpiece('vocab.txt'):encode(texts, { maximum_length = 1 })",
                "bad field 'maximum_length' in encode (between 2 and 65536 expected, got 1)"
            ),
            ("data.wordpiece('vocab.txt'):decode { 999 }", "no token has the number 999"),
            ("data.wordpiece('vocab.txt'):encode('ban')", "rledit.TextSet expected, got string"),
        ])
    func faults(_ line: String, _ message: String) throws {
        var said = "no error"
        do { _ = try run(line) } catch { said = "\(error)" }
        #expect(said.contains(message), "\(said)")
    }
}
