import Foundation
import RLEditCore
import Testing

@Suite("JSON")
struct JSONTests {
    @Test("Keys keep their order and numbers their shortest exact text")
    func writing() {
        let value: JSONValue = [
            "z": 1, "a": [0.1, 1e300, -0.0, .number(.leastNonzeroMagnitude), 2.0], "text": "é \"q\" \\ \n\u{1}\u{7f}",
            "none": .null,
            "yes": true,
            "empty": [:],
        ]
        #expect(
            value.text
                == #"{"z":1,"a":[0.1,1e+300,-0.0,5e-324,2.0],"text":"é \"q\" \\ \n\u0001\u007f","none":null,"yes":true,"empty":{}}"#
        )
    }

    @Test("What is written reads back equal, and Foundation reads the same")
    func roundTrip() throws {
        let value: JSONValue = [
            "numbers": [
                1, -3, .integer(.max), .integer(.min), 0.1, 1.7976931348623157e308, .number(.leastNonzeroMagnitude),
            ],
            "text": "tab\t quote\" 7 µ 日本 🙂 \u{0}", "nested": [["a": .null], [], [:]], "flag": false,
        ]
        #expect(try JSONValue(parsing: value.text) == value)
        #expect(try JSONValue(parsing: value.prettyText()) == value)
        let object = try #require(JSONSerialization.jsonObject(with: Data(value.text.utf8)) as? [String: Any])
        #expect(object["text"] as? String == "tab\t quote\" 7 µ 日本 🙂 \u{0}")
        #expect((object["numbers"] as? [Any])?[4] as? Double == 0.1)
    }

    @Test("Numbers that are not finite become null in logs and an error where they would be a fault")
    func nonFinite() {
        let value: JSONValue = ["reward": ["mean": .number(.nan), "all": [1, .number(-.infinity)]]]
        #expect(value.text == #"{"reward":{"mean":null,"all":[1,null]}}"#)
        #expect(failure { _ = try value.strictText() } == "reward.mean is nan, which JSON cannot hold")
    }

    @Test(
        "Texts that are not JSON are refused with the place",
        arguments: [
            ("", "the text ends early at byte 0"), ("{\"a\":1,}", "expected a key at byte 7"),
            ("[1 2]", "expected ',' or ']' at byte 3"), ("{\"a\":1,\"a\":2}", "duplicate key 'a' at byte 10"),
            ("01", "something follows the value at byte 1"), ("\"\u{1}\"", "control character in a string at byte 1"),
            ("\"\\ud800\"", "half a surrogate pair at byte 7"), ("1e999", "number out of range at byte 5"),
            ("nul", "unknown word at byte 0"), ("-", "unexpected character at byte 1"),
            ("\"abc", "the text ends within a string at byte 4"), ("1.", "expected a digit at byte 2"),
            (String(repeating: "[", count: 100), "nested over 64 deep at byte 64"),
        ])
    func refused(text: String, reason: String) {
        #expect(failure { _ = try JSONValue(parsing: text) } == "not JSON: \(reason)")
    }

    @Test("Escapes of all kinds are read")
    func escapes() throws {
        #expect(try JSONValue(parsing: #""\u00e9\ud83d\ude42\/\b\f""#) == .string("é🙂/\u{8}\u{c}"))
    }

    @Test("Setting a key keeps its place and nil removes it")
    func objects() {
        var object: JSONObject = ["a": 1, "b": 2, "c": 3]
        object["b"] = 5
        object["a"] = nil
        object["d"] = 4
        #expect(JSONValue.object(object).text == #"{"b":5,"c":3,"d":4}"#)
    }
}

/// What a body throws, in words; nil when it does not.
private func failure(_ body: () throws -> Void) -> String? {
    do { try body() } catch { return "\(error)" }
    return nil
}
