internal import RLEditTensor

extension WordPiece {
    /// The tokens of a text, between those that begin and end a row.
    /// - Parameter limit: how many at most; the rest of the text is left out.
    public func encode(_ text: String, limit: Int = Int.max) -> [Int] {
        var encoder = Encoder(self)
        let bytes = Array(text.utf8)
        bytes.withUnsafeBufferPointer {
            encoder.read($0, limit: max(0, limit.subtractingReportingOverflow(2).partialValue))
        }
        return encoder.row.map { Int($0) }
    }

    /// Texts as networks take them: rows of `maximumLength` numbers of tokens, with -1 after the last. Labels, groups, name
    /// and source are those of the texts.
    /// - Parameter maximumLength: at least 2, the tokens that begin and end a row included.
    /// - Returns: the examples, and how many texts were cut.
    /// - Throws: ``DataError``, or an error of memory.
    public func encode(_ texts: TextSet, maximumLength: Int) throws -> (examples: ExampleSet, cut: Int) {
        guard maximumLength >= 2 else {
            throw DataError.invalidArgument(
                operation: "encode", message: "maximum length: at least 2 expected, got \(maximumLength)")
        }
        let shape = [texts.count, maximumLength]
        let inputs = Tensor(uninitialized: shape, count: try Tensor.elementCount(of: shape))
        let values = UnsafeMutableBufferPointer(start: inputs.storage.pointer, count: inputs.count)
        values.initialize(repeating: Float(WordPiece.padding))
        var encoder = Encoder(self)
        var cut = 0
        for index in 0..<texts.count {
            texts.withText(index) { encoder.read($0, limit: maximumLength - 2) }
            if encoder.isCut { cut += 1 }
            for (place, number) in encoder.row.enumerated() { values[index * maximumLength + place] = Float(number) }
        }
        let examples = try ExampleSet(
            name: texts.name, source: texts.source, inputs: inputs, labels: texts.labels, texts: texts)
        return (examples.with(texts.labelling), cut)
    }

    /// Cuts one text after the other; keeps what it has learned of characters.
    struct Encoder {
        private let tokenizer: WordPiece
        /// Tokens of the text read last, with those that begin and end a row.
        private(set) var row: [Int32] = []
        /// Whether that text had more tokens than the limit.
        private(set) var isCut = false

        /// What becomes of scalars, by pages of 256 of them, each made when it is first needed.
        private var pages: [[Entry]]
        /// Bytes of entries.
        private var bytes: [UInt8] = []
        private var isSpecialStart = [Bool](repeating: false, count: 256)

        private var word: [UInt8] = []
        /// Scalars of the word.
        private var length = 0
        /// Marks that wait for their order.
        private var marks: [WordPieceRules.Part] = []
        private var limit = 0

        /// What becomes of a scalar.
        private struct Entry {
            enum Kind: UInt8 { case unknown, letter, space, alone, nothing, several }
            var kind = Kind.unknown
            var count: UInt8 = 0
            var start: Int32 = 0
        }

        init(_ tokenizer: WordPiece) {
            self.tokenizer = tokenizer
            pages = Array(repeating: [], count: 0x1100)
            for special in tokenizer.specials { if let byte = special.text.first { isSpecialStart[Int(byte)] = true } }
        }

        /// - Parameter limit: tokens of the text at most.
        mutating func read(_ text: UnsafeBufferPointer<UInt8>, limit: Int) {
            self.limit = limit
            row.removeAll(keepingCapacity: true)
            row.append(tokenizer.first)
            var start = 0
            var position = 0
            // Special tokens part the text before anything else does.
            while position < text.count, !isFull {
                if isSpecialStart[Int(text[position])], let special = special(in: text, at: position) {
                    readPlain(UnsafeBufferPointer(rebasing: text[start..<position]))
                    row.append(special.number)
                    position += special.text.count
                    start = position
                } else {
                    position += 1
                }
            }
            readPlain(UnsafeBufferPointer(rebasing: text[start..<position]))
            isCut = isFull
            if isFull { row.removeLast(row.count - 1 - limit) }
            row.append(tokenizer.last)
        }

        /// More tokens than fit: what follows changes nothing.
        private var isFull: Bool { row.count - 1 > limit }

        private func special(in text: UnsafeBufferPointer<UInt8>, at position: Int) -> (text: [UInt8], number: Int32)? {
            tokenizer.specials.first { special in
                special.text.count <= text.count - position
                    && special.text.indices.allSatisfy { text[position + $0] == special.text[$0] }
            }
        }

        private mutating func readPlain(_ text: UnsafeBufferPointer<UInt8>) {
            var position = 0
            while position < text.count, !isFull {
                var value = UInt32(text[position])
                if value < 0x80 {
                    position += 1
                } else {
                    let (scalar, length) = Tokenizer.decode(text, at: position)
                    value = scalar.value
                    position += length
                }
                take(entry(value), value)
            }
            orderMarks()
            endWord()
        }

        private mutating func take(_ entry: Entry, _ value: UInt32) {
            switch entry.kind {
            case .letter:
                if !marks.isEmpty { orderMarks() }
                append(entry)
            case .space:
                orderMarks()
                endWord()
            case .alone:
                orderMarks()
                endWord()
                append(entry)
                endWord()
            case .nothing, .unknown: break
            case .several:
                for part in Unicode.Scalar(value).map(tokenizer.rules.parts) ?? [] { take(part) }
            }
        }

        private mutating func append(_ entry: Entry) {
            let start = Int(entry.start)
            for offset in start..<start + Int(entry.count) { word.append(bytes[offset]) }
            length += 1
        }

        private mutating func take(_ part: WordPieceRules.Part) {
            if part.kind == .accent {
                // A mark of class 0 goes, too, but no mark moves past it.
                if part.combiningClass == 0 { orderMarks() }
                return
            }
            if part.combiningClass > 0 { return marks.append(part) }
            orderMarks()
            append(part)
        }

        private mutating func append(_ part: WordPieceRules.Part) {
            if part.kind != .letter { endWord() }
            if part.kind == .space { return }
            word.append(contentsOf: UTF8.encode(part.scalar) ?? UTF8.encodedReplacementCharacter)
            length += 1
            if part.kind != .letter { endWord() }
        }

        /// Canonical order: marks between two scalars of class 0 by class, equal ones as they came.
        private mutating func orderMarks() {
            if marks.isEmpty { return }
            let ordered = marks.enumerated().sorted {
                ($0.element.combiningClass, $0.offset) < ($1.element.combiningClass, $1.offset)
            }
            marks.removeAll(keepingCapacity: true)
            for (_, mark) in ordered { append(mark) }
        }

        private mutating func endWord() {
            if word.isEmpty { return }
            let isKnown =
                length <= tokenizer.longestWord
                && word.withUnsafeBufferPointer { tokenizer.trie.append(tokensOf: $0, to: &row) }
            if !isKnown { row.append(tokenizer.unknown) }
            word.removeAll(keepingCapacity: true)
            length = 0
        }

        private mutating func entry(_ value: UInt32) -> Entry {
            let (page, place) = (Int(value >> 8), Int(value & 0xFF))
            if pages[page].isEmpty { pages[page] = Array(repeating: Entry(), count: 256) }
            let known = pages[page][place]
            if known.kind != .unknown { return known }
            let entry = newEntry(value)
            pages[page][place] = entry
            return entry
        }

        private mutating func newEntry(_ value: UInt32) -> Entry {
            guard let scalar = Unicode.Scalar(value) else { return Entry(kind: .nothing) }
            let parts = tokenizer.rules.parts(of: scalar)
            let visible = parts.filter { $0.kind != .accent }
            // Marks of class 0 must be seen even where nothing is left.
            let isOrdered = parts.allSatisfy { $0.kind != .accent ? $0.combiningClass == 0 : $0.combiningClass > 0 }
            guard isOrdered, visible.count <= 1 else { return Entry(kind: .several) }
            guard let part = visible.first else { return Entry(kind: .nothing) }
            let start = bytes.count
            bytes.append(contentsOf: UTF8.encode(part.scalar) ?? UTF8.encodedReplacementCharacter)
            let kind: Entry.Kind = part.kind == .space ? .space : part.kind == .letter ? .letter : .alone
            return Entry(
                kind: kind, count: UInt8(truncatingIfNeeded: bytes.count - start),
                start: Int32(truncatingIfNeeded: start))
        }
    }
}
