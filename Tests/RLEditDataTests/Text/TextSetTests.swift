import RLEditData
import Testing

@Suite("Sets of labelled texts")
struct TextSetTests {
    private static let columns = TableColumns(.texts("text"), label: "label")

    private func read(_ text: String, _ columns: TableColumns = columns) throws -> TextSet {
        try TextSet(
            TableContents(MemorySource(Array(text.utf8), path: "x.csv"), columns), name: "x", source: "x.csv")
    }

    private func message(_ text: String, _ columns: TableColumns = columns) -> String {
        do {
            return "no error: \(try read(text, columns))"
        } catch {
            return "\(error)"
        }
    }

    private func texts(_ set: TextSet) -> [String] { (0..<set.count).map { set.text($0) } }

    private func six() throws -> TextSet {
        try TextSet(
            name: "six", source: "test", texts: ["a", "b", "c", "d", "e", "f"], labels: [0, 1, 2, 0, 1, 2])
    }

    @Test("texts, labels and groups come from the named columns, in the order of the file")
    func csv() throws {
        var columns = Self.columns
        columns.groups = .names("who")
        let set = try read("who,label,id,text\nx,1,7,\"one, two\"\n,0,8,three\n z ,1,9,four\n", columns)
        #expect(texts(set) == ["one, two", "three", "four"] && set.labels == [1, 0, 1])
        let groups = try #require(set.groups)
        #expect(groups.names == ["x", "z"] && groups.counts == [1, 1] && groups.groups(of: 1).isEmpty)
        #expect(set.description == "x (x.csv): 3 texts; labels 0: 1, 1: 2; 2 groups")
        columns = TableColumns(.texts("text"), label: "label", labels: .named([("NOT_BAD", 0), ("BAD", 1)]))
        #expect(try read("text,label\na,BAD\nb,NOT_BAD\n", columns).labels == [1, 0])
    }

    @Test("another separator is read when it is named", arguments: [";", "\t", "|"])
    func separators(separator: Character) throws {
        var columns = Self.columns
        columns.format = .csv(
            separator: TableFault.Separator(try #require(separator.asciiValue)), encoding: .utf8, skippedLines: 0)
        let set = try read("\"text\"~label\na, b~0\n\"c~d\"~1\n".replacing("~", with: String(separator)), columns)
        #expect(texts(set) == ["a, b", "c\(separator)d"] && set.labels == [0, 1])
        #expect(message("text,label\na,0\n", columns).contains("the separator of the header looks like ','"))
    }

    @Test("what is wrong in a file is reported with its row and column")
    func csvFaults() throws {
        #expect(message("text,label\na,0\nb,2\n") == "'x.csv': row 3, column 'label': label '2' is not one of '0', '1'")
        #expect(message("text,label\na,0.5\n") == "'x.csv': row 2, column 'label': label '0.5' is not one of '0', '1'")
        #expect(
            message("text,label\n\"a\nb\",0\n  ,1\n") == "'x.csv': row 3 (line 4), column 'text': the text is empty")
        #expect(message("text,label\na,0,1\n") == "'x.csv': row 2: 3 columns, but the header has 2")
        #expect(message("text,label\na\n") == "'x.csv': row 2: 1 column, but the header has 2")
        #expect(
            message("id,texts,label\n1,a,0\n")
                == "'x.csv': there is no column 'text' (did you mean 'texts'?); the columns are 'texts', 'id', 'label'")
        #expect(message("") == "'x.csv': the file is empty: a header row with the columns' names is needed")
        #expect(message("text,label\n") == "'x.csv': no row follows the header")
        #expect(message("text,text,label\na,b,0\n") == "'x.csv': the header names the column 'text' twice")
        #expect(message("text,label\n\"a,0\n") == "'x.csv': row 2, column 1: the field's opening quote is never closed")
        #expect(
            message("text;label\na;0\n")
                == "'x.csv': there is no column 'text': the separator of the header looks like ';', and ',' was expected"
        )
        #expect(
            message("text\tlabel\na\t0\n")
                == "'x.csv': there is no column 'text': the separator of the header looks like '\\t', and ',' was expected"
        )
        #expect(
            message("\"text\";\"label\"\n\"a\";0\n")
                == "'x.csv': row 1, column 1: ';' follows the closing quote: the separator looks like ';', and ',' was expected"
        )
        let broken = MemorySource(Array("text,label\n".utf8) + [0x61, 0xFF, 0x2C, 0x30], path: "x.csv")
        #expect(throws: DataError.invalidTable(path: "x.csv", fault: .notUTF8(.init(row: 2, line: 2), column: "text")))
        {
            try TableContents(broken, Self.columns)
        }
        #expect(
            message("\u{7F}ELF\0\0,label\n")
                == "'x.csv': not a text file: a table in UTF-8 expected (the option encoding takes UTF-16)")
    }

    @Test("a file may be compressed")
    func gzip() throws {
        let folder = try TemporaryFolder()
        try folder.write("x.csv", Array("text,label\nhello,1\n".utf8))
        let set = try TextSet(table: try folder.gzip("x.csv"), name: "x", columns: Self.columns)
        #expect(texts(set) == ["hello"] && set.labels == [1])
    }

    @Test("parts are selected as of any set, and keep texts, labels and groups together")
    func selections() throws {
        let set = try six().withGroups(
            ExampleGroups(names: ["early", "late"], members: [[0, 1, 2], [3, 4, 5]], exampleCount: 6))
        #expect(try texts(set.take(2)) == ["a", "b"])
        #expect(try texts(set.drop(4)) == ["e", "f"])
        #expect(try texts(set.subset([5, 0, 5])) == ["f", "a", "f"])
        let (ones, rest) = set.partition { $0 == 1 }
        #expect(texts(ones) == ["b", "e"] && rest.labels == [0, 2, 0, 2])
        let (found, others) = set.divide { set.text($0) > "c" }
        #expect(texts(found) == ["d", "e", "f"] && texts(others) == ["a", "b", "c"])
        #expect(found.groups?.counts == [0, 3])
        let parts = try set.split(fractions: [0.5, 0.2])
        #expect(parts.map(texts) == [["a", "b", "c"], ["d"], ["e", "f"]])
        #expect(try set.split(counts: [1, 2]).map(texts) == [["a"], ["b", "c"]])
        #expect(try texts(set.inGroups(["late"])) == ["d", "e", "f"])
        let joined = try others.concat(six().take(1))
        #expect(texts(joined) == ["a", "b", "c", "a"] && joined.groups?.counts == [3, 0])
        #expect(try texts(parts[0].concat(parts[2])) == ["a", "b", "c", "e", "f"])
        #expect(
            set.shuffled(seed: 1).labels != set.labels && set.shuffled(seed: 1).labels.sorted() == [0, 0, 1, 1, 2, 2])
    }

    @Test("what cannot be selected is refused")
    func selectionFaults() throws {
        let set = try six()
        #expect(throws: DataError.tooFewExamples(operation: "take", set: "six", requested: 7, available: 6)) {
            try set.take(7)
        }
        #expect(throws: DataError.self) { try set.take(-1) }
        #expect(throws: DataError.self) { try set.subset([6]) }
        #expect(throws: DataError.self) { try set.split(fractions: [0.7, 0.4]) }
        #expect(throws: DataError.self) { try set.split(counts: [.max, 1]) }
        #expect(throws: DataError.unknownGroup(set: "six", name: "x", known: [])) { try set.inGroups(["x"]) }
        #expect(throws: DataError.emptyText(set: "t", position: 1)) {
            try TextSet(name: "t", source: "", texts: ["a", " \t"], labels: [0, 0])
        }
        #expect(throws: DataError.self) { try TextSet(name: "t", source: "", texts: ["a"], labels: [-1]) }
        #expect(throws: DataError.self) { try TextSet(name: "t", source: "", texts: ["a"], labels: []) }
    }

    @Test("the hash names contents and order, not the way in which a set came about")
    func hash() throws {
        let set = try six()
        #expect(try set.take(3).concat(set.drop(3)).contentHash == set.contentHash)
        #expect(try set.take(3).concat(six().drop(3)).contentHash == set.contentHash)
        #expect(set.named("y").contentHash == set.contentHash)
        #expect(set.shuffled(seed: 1).contentHash != set.contentHash)
        // The same letters, cut in another place.
        let one = try TextSet(name: "", source: "", texts: ["ab", "c"], labels: [0, 0])
        let other = try TextSet(name: "", source: "", texts: ["a", "bc"], labels: [0, 0])
        #expect(one.contentHash != other.contentHash)
        let grouped = try set.withGroups(ExampleGroups(names: ["x"], members: [[0]], exampleCount: 6))
        #expect(grouped.contentHash != set.contentHash)
    }
}
