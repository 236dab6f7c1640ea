import LuaBridge
import RLEditLua
import Testing

@Suite("Completion of a line that is being typed")
struct LineCompletionTests {
    /// What comes next after a text, once a script has run: the names, or what is put in with a `+` before it.
    private func completion(_ text: String, after script: String = "") throws -> String {
        try LuaThread.run {
            try LuaHost.with { host in
                let place = ModuleScript()
                defer { place.remove() }
                try ModuleScript.addModules(to: host, context: place.context(ModuleScript.Notes()))
                try host.run("rledit = require 'rledit' " + script)
                let found = LineCompletion(after: text, in: host)
                return found.insertion.isEmpty ? found.choices.joined(separator: " ") : "+\(found.insertion)"
            }
        }
    }

    @Test(
        "Globals, keywords, fields, methods and properties, wherever a name is possible",
        arguments: [
            ("rle", "+dit"), ("print(rle", "+dit"), ("x = 1 + rle", "+dit"), ("'a'..rle", "+dit"), ("loc", "+al"),
            ("e", "else elseif end error"), ("els", "+e"), ("rledit.tens", "+or"), ("rledit.tensor.ful", "+l"),
            ("rledit.MaskW", "+orld"), ("string.re", "rep reverse"), ("nothing.", ""), ("nothing.a.b", ""),
            ("rledit.", ""), ("3.", ""), ("f(1).", ""), ("", "+  "), ("  ", "+  "), ("a b", "+reak"),
            ("_G.rle", "+dit"),
        ])
    func names(text: String, expected: String) throws {
        let found = try completion(text)
        // The root module has more names than a line.
        if text == "rledit." { #expect(found.contains("MaskWorld PPO")) } else { #expect(found == expected) }
    }

    @Test("After a colon come methods alone, after a dot properties too")
    func objects() throws {
        let script = "m = rledit.models.digit_cnn { seed = 1 } t = { m = m }"
        #expect(try completion("m.parameter_c", after: script) == "+ount")
        #expect(try completion("m:parameter_c", after: script) == "")
        #expect(try completion("t.m:parameter_n", after: script) == "+ames")
        #expect(try completion("m.name.x", after: script) == "")
    }

    @Test("Tables of a script: own fields, those of __index, names alone, and nothing of the script's runs")
    func tables() throws {
        let script = """
            base = { shared = function() end, plain = 1 }
            object = setmetatable({ own = 1, ["two words"] = 2, [3] = 4 }, { __index = base })
            circle = setmetatable({}, {}) getmetatable(circle).__index = circle
            trap = setmetatable({}, { __index = function() error "ran" end, __pairs = function() error "ran" end })
            """
        #expect(try completion("object.", after: script) == "own plain shared")
        #expect(try completion("object:", after: script) == "+shared")
        #expect(try completion("circle.", after: script) == "")
        #expect(try completion("trap.x.y", after: script) == "")
        #expect(try completion("trap.", after: script) == "")
    }
}
