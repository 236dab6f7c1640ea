import RLEditData
import RLEditTensor
import Testing

@Suite("CSV, as RFC 4180 has it")
struct CSVReaderTests {
    /// All records of a text as strings.
    private func records(_ text: String, _ source: ((MemorySource) -> any ByteSource)? = nil) throws -> [[String]] {
        try records(Array(text.utf8), source)
    }

    private func records(_ bytes: [UInt8], _ source: ((MemorySource) -> any ByteSource)? = nil) throws -> [[String]] {
        let memory = MemorySource(bytes, path: "x.csv")
        let reader = CSVReader(source?(memory) ?? memory)
        var record = CSVRecord()
        var result: [[String]] = []
        while try reader.next(&record) {
            result.append((0..<record.count).map { String(decoding: record[$0], as: UTF8.self) })
        }
        return result
    }

    private func fault(_ text: String) -> TableFault? {
        do {
            _ = try records(text)
            return nil
        } catch DataError.invalidTable(_, let fault) {
            return fault
        } catch {
            return nil
        }
    }

    @Test("quotes, doubled quotes, separators and line ends inside of fields")
    func quoting() throws {
        #expect(try records("a,b\n1,2\n") == [["a", "b"], ["1", "2"]])
        #expect(try records("\"a,\"\"b\"\"\",\"two\nlines\"\n\"\",x") == [["a,\"b\"", "two\nlines"], ["", "x"]])
        #expect(try records(",\n,,\n") == [["", ""], ["", "", ""]])
        #expect(try records("\"a\",\"\"\"\"\n") == [["a", "\""]])
        #expect(try records("x") == [["x"]])
        #expect(try records("x,") == [["x", ""]])
        #expect(try records("").isEmpty)
    }

    @Test("lines end in LF, CR LF or CR; lines without a character are passed over; a byte order mark is dropped")
    func lineEnds() throws {
        #expect(try records("a,b\r\n1,2\r\n") == [["a", "b"], ["1", "2"]])
        #expect(try records("a,b\r1,2\r") == [["a", "b"], ["1", "2"]])
        #expect(try records("\n\na\n\r\n\nb\n\n") == [["a"], ["b"]])
        #expect(try records("\u{FEFF}a,b\n") == [["a", "b"]])
        #expect(try records("\"x\r\ny\"\r\n") == [["x\r\ny"]])
    }

    @Test("the pieces in which the source comes change nothing")
    func pieces() throws {
        let text = "\u{FEFF}id,\"te\"\"xt\"\r\n1,\"a,\r\n\"\"b\"\"\"\r\n\r\n2,ü€𝄞\r\n"
        let whole = try records(text)
        #expect(whole == [["id", "te\"xt"], ["1", "a,\r\n\"b\""], ["2", "ü€𝄞"]])
        for size in 1...9 { #expect(try records(text) { Trickle($0, size: size) } == whole, "\(size)") }
        // Longer than a piece of the reader.
        let long = String(repeating: "0123456789,", count: 20_000) + "\n" + String(repeating: "x", count: 200_000)
        let rows = try records(long)
        #expect(rows[0].count == 20_001 && rows[1][0].count == 200_000)
    }

    /// Gives a few bytes at a time.
    private final class Trickle: ByteSource {
        let path = "x.csv"
        private let source: MemorySource
        private let size: Int

        init(_ source: MemorySource, size: Int) {
            self.source = source
            self.size = size
        }

        func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
            source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(size)))
        }
    }

    @Test("whatever the bytes, the pieces change neither records nor fault, and written records are read back")
    func randomBytes() throws {
        var random = RandomStream(seed: 4, name: "csv")
        let alphabet = Array("a,\"\n\r\u{FEFF}".utf8)
        for _ in 0..<2000 {
            let bytes = (0..<random.index(below: 24)).map { _ in alphabet[random.index(below: alphabet.count)] }
            let whole = Result { try records(bytes) }
            let size = 1 + random.index(below: 5)
            let pieces = Result { try records(bytes) { Trickle($0, size: size) } }
            switch (whole, pieces) {
            case (.success(let a), .success(let b)):
                #expect(a == b, "\(bytes)")
                var written: [UInt8] = []
                for row in a {
                    // A row of one empty field would be a line without a character.
                    written += row == [""] ? Array("\"\"".utf8) : []
                    for (index, field) in row.enumerated() {
                        if index > 0 { written.append(UInt8(ascii: ",")) }
                        CSVWriter.append(Array(field.utf8), to: &written)
                    }
                    written.append(10)
                }
                #expect(try records(written) == a, "\(bytes)")
            case (.failure(let a), .failure(let b)): #expect("\(a)" == "\(b)", "\(bytes)")
            default: Issue.record("one fails, the other does not: \(bytes)")
            }
        }
    }

    @Test("malformed files are refused with row, line and column")
    func faults() {
        #expect(fault("a,b\n1,\"2\n3,4\n") == .unclosedQuote(.init(row: 2, line: 2), column: 2))
        #expect(fault("a,b\n\"x\ny\",2\n\"3\" ,4\n") == .textAfterQuote(.init(row: 3, line: 4), column: 1))
        #expect(fault("a,b\n1,2\"3\n") == .strayQuote(.init(row: 2, line: 2), column: 2))
        #expect(
            TableFault.unclosedQuote(.init(row: 3, line: 5), column: 2).description
                == "row 3 (line 5), column 2: the field's opening quote is never closed")
    }

    @Test("fields are written so that they are read back")
    func writing() throws {
        let fields = ["plain", "", "a,b", "say \"no\"", "two\nlines", "ü", "\r"]
        var bytes: [UInt8] = []
        for (index, field) in fields.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            CSVWriter.append(Array(field.utf8), to: &bytes)
        }
        #expect(try records(bytes + [10]) == [fields])
        #expect(String(decoding: bytes, as: UTF8.self).hasPrefix("plain,,\"a,b\",\"say \"\"no\"\"\","))
    }

    @Test("lines of plain text come without their ends, and bytes that are not UTF-8 are refused by line")
    func lines() throws {
        let reader = LineReader(MemorySource(Array("\u{FEFF}one\r\n\ntwo\nthree".utf8), path: "x.txt"))
        var lines: [String] = []
        while let line = try reader.next() { lines.append(String(decoding: line, as: UTF8.self)) }
        #expect(lines == ["one", "", "two", "three"])
        let broken = LineReader(MemorySource([0x61, 10, 0xFF, 10], path: "x.txt"))
        _ = try broken.next()
        #expect(throws: DataError.invalidText(path: "x.txt", line: 2, fault: .notUTF8)) { try broken.next() }
    }
}
