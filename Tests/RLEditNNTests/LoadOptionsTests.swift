import RLEditNN
import Testing

@Suite("Loading: patterns and names")
struct LoadOptionsTests {
    @Test("Patterns match any run of characters, and nothing else")
    func matching() {
        let cases: [(String, String, Bool)] = [
            ("bn1.*", "bn1.weight", true), ("bn1.*", "bn1.a.b", true), ("bn1.*", "bn1", false),
            ("bn1.*", "xbn1.a", false),
            ("*", "", true), ("", "", true), ("", "a", false), ("*.bias", "a.b.bias", true), ("*.bias", "bias", false),
            ("a*b*c", "axxbyyc", true), ("a*b*c", "axxbyycd", false), ("a**c", "ac", true), ("ä*", "äö", true),
            ("*aab", "aaaab", true), ("bn.1", "bnx1", false),
        ]
        for (pattern, name, expected) in cases {
            #expect(NamePattern(pattern).matches(name) == expected, "\(pattern) \(name)")
        }
        let clock = ContinuousClock()
        let hostile = NamePattern(String(repeating: "*a", count: 200) + "b")
        let time = clock.measure { #expect(!hostile.matches(String(repeating: "a", count: 4000))) }
        #expect(time < .seconds(5))
    }

    @Test("Names are mapped at the beginnings of their parts, the longest first")
    func renaming() {
        func name(_ file: String, _ rename: [String: String], prefix: String = "") -> String? {
            LoadOptions(prefix: prefix, rename: rename).networkName(of: file)
        }
        let wrappers = ["_orig_mod.": "", "module.": ""]
        #expect(name("_orig_mod.module.fc1.weight", wrappers) == "fc1.weight")
        #expect(name("features.module.0._orig_mod.weight", wrappers) == "features.0.weight")
        #expect(name("submodule.weight", wrappers) == "submodule.weight")
        #expect(name("10.weight", ["0.": "fc."]) == "10.weight" && name("0.weight", ["0.": "fc."]) == "fc.weight")
        #expect(name("fc10.weight", ["fc1": "a", "fc10": "b"]) == "b.weight")
        #expect(name("ln.gamma", [".gamma": ".weight", "gamma": "x"]) == "ln.weight")
        #expect(name("a.b", ["a": "b", "b": "a"]) == "b.a")
        #expect(name("net.a.w", ["a.": ""], prefix: "net.") == "w" && name("a.w", ["a.": ""], prefix: "net.") == nil)
        #expect(name("é.w", ["e\u{301}.": "x."]) == "é.w")
    }
}
