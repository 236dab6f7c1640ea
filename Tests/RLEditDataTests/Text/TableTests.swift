import Foundation
import RLEditData
import RLEditTensor
import Testing

@Suite("Tables as people have them")
struct TableTests {
    private func contents(_ bytes: [UInt8], _ columns: TableColumns) throws -> TableContents {
        try TableContents(MemorySource(bytes, path: "x"), columns)
    }

    private func texts(_ text: String, _ columns: TableColumns) throws -> TextSet {
        try TextSet(contents(Array(text.utf8), columns), name: "x", source: "x")
    }

    private func numbers(_ text: String, _ columns: TableColumns) throws -> ExampleSet {
        try ExampleSet(contents(Array(text.utf8), columns), name: "x", source: "x")
    }

    private func message(_ bytes: [UInt8], _ columns: TableColumns) -> String {
        do {
            _ = try contents(bytes, columns)
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    private func message(_ text: String, _ columns: TableColumns) -> String { message(Array(text.utf8), columns) }

    private static let texts = TableColumns(.texts("text"), label: "label")
    private static let blanks = TableColumns.Format.csv(separator: .blanks, encoding: .utf8, skippedLines: 0)
    private static func jsonLines(
        _ inputs: TableColumns.Inputs = .texts("text"), labels: TableColumns.Labels = .two,
        groups: TableColumns.Groups? = nil
    ) -> TableColumns {
        TableColumns(inputs, label: "label", labels: labels, groups: groups, format: .jsonLines)
    }

    @Test("Civil Comments' shape: a fractional label, a fraction for each group, empty where nobody was asked")
    func civilComments() throws {
        let names = (0..<24).map { "group\($0)" }
        var file = "id,target,comment_text," + names.joined(separator: ",") + "\n"
        file += "1,0.0,\"fine, thanks\"," + Array(repeating: "0.0", count: 24).joined(separator: ",") + "\n"
        file += "2,0.5,bad," + (["0.6", "0.49"] + Array(repeating: "0", count: 22)).joined(separator: ",") + "\n"
        file += "3,0.8936170212765957,worse," + Array(repeating: "", count: 24).joined(separator: ",") + "\n"
        file += "4,1e-2,half," + (["1.0", "1"] + Array(repeating: "", count: 22)).joined(separator: ",") + "\n"
        let columns = TableColumns(
            .texts("comment_text"), label: "target", labels: .atLeast(0.5), groups: .members(names, atLeast: 0.5))
        let set = try texts(file, columns)
        #expect(set.labels == [0, 1, 1, 0] && set.text(0) == "fine, thanks")
        let groups = try #require(set.groups)
        #expect(groups.names == names && groups.counts.prefix(3) == [2, 1, 0])
        #expect((0..<4).map { groups.groups(of: $0) } == [[], [0], [], [0, 1]])
        // Only the third is of no group and not known to be of none.
        #expect(groups.isKnown == [true, true, false, true])
        #expect(try set.subset([2, 0]).groups?.isKnown == [false, true])
        #expect(try set.take(2).groups?.isKnown == nil)
        #expect(try set.take(2).concat(set.drop(2)).groups == groups)
        #expect(try set.take(2).concat(set.drop(2)).contentHash == set.contentHash)
        let answered = try texts(
            file.replacing(String(repeating: ",", count: 24), with: String(repeating: ",0", count: 24)), columns)
        #expect(answered.groups?.isKnown == nil && answered.contentHash != set.contentHash)
    }

    @Test("CelebA's shape: a count, names without one for the first column, runs of blanks, and -1 for no")
    func celebA() throws {
        let file =
            "3\n5_o_Clock_Shadow Male Smiling \n000001.jpg -1  1  1\n000002.jpg  1 -1 -1 \n\t000003.jpg -1 -1  1\n"
        var columns = TableColumns(
            .texts("file"), label: "Smiling", groups: .members(["Male"], atLeast: 0.5), format: Self.blanks)
        let set = try texts(file, columns)
        #expect((0..<3).map { set.text($0) } == ["000001.jpg", "000002.jpg", "000003.jpg"])
        #expect(set.labels == [1, 0, 1] && set.groups?.members(of: 0) == [0])
        #expect(
            message(file.replacing("3\n5", with: "4\n5"), columns)
                == "'x': its first line announces 4 rows, and 3 follow: is the file cut off?")
        columns.inputs = .numbers(["Male", "5_o_Clock_Shadow"])
        #expect(try numbers(file, columns).allInputs().scalars == [1, -1, -1, 1, -1, -1])
        // The count says that blanks part the fields; a header with a comma does not.
        columns.format = .csv(separator: nil, encoding: .utf8, skippedLines: 0)
        #expect(try numbers(file.replacing("3\n5", with: " 3 \r\n5"), columns).allInputs().shape == [3, 2])
        columns = TableColumns(.texts("text"), label: "label", format: columns.format)
        #expect(try texts("text,label\na b,1\n", columns).text(0) == "a b")
        // Without a count, with a name for every column; quotes hold blanks.
        columns = TableColumns(.texts("text"), label: "label", format: Self.blanks)
        #expect(try texts("text  label\n\"a b\"\t1\nc 0", columns).text(0) == "a b")
        #expect(try texts("\n  text label  \n a 1\n\n b 0\n", columns).labels == [1, 0])
        #expect(message("text label\na 1 2 3\n", columns) == "'x': row 2: 4 columns, but the header has 2")
        // A number may also be the name of a column.
        #expect(
            try contents(Array("7\n1\n0\n".utf8), TableColumns(.numbers(["7"]), label: "7", format: Self.blanks))
                .labelling
                .labels == [1, 0])
    }

    @Test("lines before the header are skipped, whatever they hold")
    func skippedLines() throws {
        var columns = Self.texts
        columns.format = .csv(separator: .comma, encoding: .utf8, skippedLines: 2)
        let set = try texts("Exported by \"us\r\n,\"\r\ntext,label\r\na,1\r\n", columns)
        #expect(set.text(0) == "a" && set.labels == [1])
        #expect(
            message("x\ny\ntext,label\na,2\n", columns)
                == "'x': row 2 (line 4), column 'label': label '2' is not one of '0', '1'")
        #expect(message("x\n", columns) == "'x': the file is empty: a header row with the columns' names is needed")
    }

    @Test("Latin-1, and UTF-16 in either order, are read as what they are")
    func encodings() throws {
        let text = "text,label\nGr\u{FC}\u{DF}e,1\n"
        let wide = "text,label\n\u{1F600} \u{4E2D},0\n"
        func columns(_ encoding: TextEncoding) -> TableColumns {
            var columns = Self.texts
            columns.format = .csv(separator: .comma, encoding: encoding, skippedLines: 0)
            return columns
        }
        func bytes(_ text: String, little: Bool, mark: Bool) -> [UInt8] {
            ((mark ? [0xFEFF] : []) + Array(text.utf16)).flatMap { unit -> [UInt8] in
                let pair = [UInt8(unit & 0xFF), UInt8(unit >> 8)]
                return little ? pair : pair.reversed()
            }
        }
        let latin = Array(text.unicodeScalars.map { UInt8($0.value) })
        #expect(try TextSet(contents(latin, columns(.latin1)), name: "x", source: "x").text(0) == "Gr\u{FC}\u{DF}e")
        #expect(
            message(latin, Self.texts)
                == "'x': row 2, column 'text': not UTF-8; convert the file, for example with iconv")
        for (little, mark) in [(true, true), (false, true), (true, false)] {
            let set = try TextSet(
                contents(bytes(wide, little: little, mark: mark), columns(mark ? .utf8 : .utf16)), name: "x",
                source: "x")
            #expect(set.text(0) == "\u{1F600} \u{4E2D}" && set.labels == [0])
        }
        let whole = bytes(wide, little: true, mark: true)
        #expect(
            message(Array(whole.dropLast()), Self.texts)
                == "'x': character 19 is not UTF-16; convert the file, for example with iconv")
        #expect(
            message([0xFF, 0xFE, 0x00, 0xDC], Self.texts)
                == "'x': character 2 is not UTF-16; convert the file, for example with iconv")
        #expect(message([0xFF, 0xFE, 0x00, 0xD8, 0x41, 0x00], Self.texts).contains("character 3 is not UTF-16"))
        #expect(message([0xFF], columns(.utf16)).contains("character 1 is not UTF-16"))
    }

    @Test("labels: two, several, words, -1 and 1")
    func labels() throws {
        func labels(_ contents: [String], _ labels: TableColumns.Labels) throws -> TableContents {
            let file = "x,label\n" + contents.map { "1,\($0)\n" }.joined()
            return try self.contents(Array(file.utf8), TableColumns(.numbers(["x"]), label: "label", labels: labels))
        }
        func message(_ contents: [String], _ labels: TableColumns.Labels) -> String {
            self.message(
                "x,label\n" + contents.map { "1,\($0)\n" }.joined(),
                TableColumns(.numbers(["x"]), label: "label", labels: labels))
        }
        #expect(try labels(["1", " 0 "], .two).labelling.labels == [1, 0])
        #expect(try labels(["-1", "1"], .two).labelling.labels == [0, 1])
        #expect(message(["0", "-1"], .two) == "'x': row 3, column 'label': label '-1' is not one of '0', '1'")
        #expect(message(["-1", "1", "0"], .two) == "'x': row 4, column 'label': label '0' is not one of '-1', '1'")
        let sorted = try labels(["dog", "cat", "ant", "dog"], .sorted)
        #expect(sorted.labelling.labels == [2, 1, 0, 2] && sorted.labelling.classNames == ["ant", "cat", "dog"])
        #expect(try labels(["10", "9", "-1"], .sorted).labelling.classNames == ["-1", "9", "10"])
        #expect(
            message(["a", ""], .sorted) == "'x': row 3, column 'label': label '' is not one of at most 65536 words")
        let given = try labels(["b", "a"], .named([("a", 0), ("b", 1), ("c", 2)]))
        #expect(given.labelling.labels == [1, 0] && given.missingClasses == "class 'c' (label 2)")
        let counted = try labels(["0", "3"], .numbers(classes: 5))
        #expect(
            counted.labelling.labels == [0, 3]
                && counted.missingClasses == "classes '1' (label 1), '2' (label 2), '4' (label 4)")
        #expect(
            message(["5"], .numbers(classes: 5))
                == "'x': row 2, column 'label': label '5' is not one of the whole numbers 0 to 4")
        #expect(try labels(["0.49", "0.5", "1e3"], .atLeast(0.5)).labelling.labels == [0, 1, 1])
        #expect(message(["0.5", "nan"], .atLeast(0.5)) == "'x': row 3, column 'label': a number expected, got 'nan'")
    }

    @Test("whole numbers may be counted from another number than 0")
    func countedFrom() throws {
        let columns = TableColumns(.numbers(["x"]), label: "y", labels: .numbers(classes: 3, first: 1))
        let set = try numbers("x,y\n1,3\n1,1\n", columns)
        #expect(set.labels == [2, 0] && set.classNames == ["1", "2", "3"])
        #expect(
            message("x,y\n1,0\n", columns)
                == "'x': row 2, column 'y': label '0' is not one of the whole numbers 1 to 3")
        #expect(message("x,y\n1,9999999999\n", columns).contains("label '9999999999' is not one of"))
    }

    @Test("a column of weights goes with the rows; a weight is 0 or more")
    func weights() throws {
        let columns = TableColumns(.numbers(["x"]), label: "y", weight: "w")
        let set = try numbers("x,y,w\n1,0,2\n2,1,0\n3,1,0.5\n", columns)
        #expect(set.weights == [2, 0, 0.5])
        #expect(set.shuffled(seed: 3).weights?.sorted() == [0, 0.5, 2])
        #expect(try set.drop(1).weights == [0, 0.5])
        for text in ["-1", "1e39"] {
            #expect(
                message("x,y,w\n1,0,\(text)\n", columns)
                    == "'x': row 2, column 'w': a weight of 0 or more expected, got '\(text)'")
        }
        #expect(message("x,y,w\n1,0,\n", columns) == "'x': row 2, column 'w': a number expected, got ''")
        #expect(
            message("x,y,w\n1,0,0\n1,1,0\n", columns)
                == "'x': column 'w': all weights are 0, so that no row would count")
    }

    @Test("rows without a text are an error, or left out and counted")
    func emptyTexts() throws {
        var columns = TableColumns(.texts("text"), label: "y", groups: .names("g"), weight: "w")
        let rows = "text,y,g,w\na,1,m,1\n ,?,,no\nb,0,f,2\n\"\",1,m,3\n"
        #expect(message(rows, columns) == "'x': row 3, column 'text': the text is empty")
        columns.skipsEmptyTexts = true
        let read = try contents(Array(rows.utf8), columns)
        #expect(read.skippedRows == 2)
        let set = try texts(rows, columns)
        #expect(set.labels == [1, 0] && set.weights == [1, 2] && set.text(1) == "b")
        #expect(set.groups?.counts == [1, 1])
        #expect(message("text,y,g,w\n,1,,1\n", columns) == "'x': the text of every row is empty (1 row)")
    }

    @Test("numbers are read as written, to the nearest float; what is no number is refused")
    func numberColumns() throws {
        let columns = TableColumns(.numbers(["a", "b"]), label: "y")
        let set = try numbers(
            "y,b,a\n1,2.5,-3\n0, 1e-3 ,123456789012345678\n1,.5,0.1\n0,7.,-0.30000000000000004\n", columns)
        #expect(set.exampleShape == [2] && set.labels == [1, 0, 1, 0])
        #expect(try set.allInputs().scalars == [-3, 2.5, 123_456_790_519_087_104, 1e-3, 0.1, 0.5, -0.3, 7])
        for (text, shown) in [
            ("", ""), ("x", "x"), ("1,5", "1,5"), ("inf", "inf"), ("0x10", "0x10"), ("1e39", "1e39"), ("-", "-"),
            (".", "."),
        ] {
            #expect(
                message("y,b,a\n1,2,\"\(text)\"\n", columns)
                    == "'x': row 2, column 'a': a number expected, got '\(shown)'")
        }
        var grouped = columns
        grouped.groups = .members(["g"], atLeast: 1)
        #expect(message("y,b,a,g\n1,2,3,yes\n", grouped) == "'x': row 2, column 'g': a number expected, got 'yes'")
    }

    @Test("JSON Lines hold the same, with numbers and truth values as such")
    func jsonLines() throws {
        let file = """
            {"text": "good \\u00e4, \\"day\\"", "label": 1, "m": 0.7, "other": [1]}

            {"label": false, "text": "bad", "m": null}
            {"m": true, "text": "c", "label": "1"}

            """
        let set = try texts(file, Self.jsonLines(groups: .members(["m"], atLeast: 0.5)))
        #expect((0..<3).map { set.text($0) } == ["good \u{E4}, \"day\"", "bad", "c"] && set.labels == [1, 0, 1])
        #expect(set.groups?.members(of: 0) == [0, 2] && set.groups?.isKnown == [true, false, true])
        let numbers = try numbers(
            "{\"a\": 1.5, \"label\": \"y\"}\n{\"a\": -2, \"label\": \"x\"}",
            Self.jsonLines(.numbers(["a"]), labels: .sorted))
        #expect(numbers.labels == [1, 0])
        #expect(try numbers.allInputs().scalars == [1.5, -2])
        let cases: [(String, String)] = [
            ("{\"text\": \"a\"\n", "line 1, byte 13: no JSON object: expected ',' or '}'"),
            ("[1]\n", "line 1, byte 1: no JSON object: an object expected"),
            (
                "{\"text\": \"a\", \"label\": 0}\n\n{\"text\": \"a\", \"label\": 2}",
                "line 3, field 'label': label '2' is not one of '0', '1'"
            ),
            ("{\"text\": \" \", \"label\": 0}", "line 1, field 'text': the text is empty"),
            (
                "{\"text\": [], \"label\": 0}",
                "line 1, field 'text': a text or a number expected, got a list or an object"
            ),
            (
                "{\"texts\": \"a\", \"label\": 0}",
                "there is no column 'text' (did you mean 'texts'?); the columns are 'texts', 'label'"
            ),
            (
                "{\"text\": \"a\", \"label\": 0}\n{\"text\": \"b\"}",
                "line 2: there is no field 'label', which the first line has"
            ),
            ("", "no row follows the header"),
        ]
        for (text, expected) in cases { #expect(message(text, Self.jsonLines()) == "'x': \(expected)") }
        #expect(
            message("{\"text\": \"a\", \"label\": 0}", Self.jsonLines(groups: .members(["m"], atLeast: 0.5)))
                == "'x': there is no column 'm'; the columns are 'text', 'label'")
    }

    @Test("texts are the same however many pieces they are kept in")
    func pieces() throws {
        let long = (0..<40).map { index in "\(index) " + String(repeating: "x", count: 1_000_000) }
        let set = try texts("text,label\n" + long.map { "\($0),1\n" }.joined(), Self.texts)
        #expect((0..<40).allSatisfy { set.text($0) == long[$0] })
        #expect(try set.concat(set.shuffled(seed: 1)).count == 80)
    }

    @Test("labels may be replaced")
    func relabel() throws {
        let set = try ExampleSet(name: "s", source: "t", inputs: Tensor([1, 2, 3], shape: [3, 1]), labels: [7, 1, 7])
        #expect(try set.relabelled { $0 == 7 ? 0 : 1 }.labels == [0, 1, 0])
        #expect(throws: DataError.labelOutOfRange(source: "s", position: 1, label: -1, classes: Int(Int32.max))) {
            try set.relabelled { $0 - 2 }
        }
        let texts = try TextSet(name: "t", source: "t", texts: ["a", "b"], labels: [3, 4]).relabelled { $0 - 3 }
        #expect(texts.labels == [0, 1] && texts.text(1) == "b")
    }
}
