internal import RLEditCore

/// Lines of JSON objects whose fields are the columns: texts as they are, numbers as JSON writes them, `true` and `false`
/// as `1` and `0`, `null` as nothing.
struct JSONLinesTable: TableRows {
    private let lines: LineReader
    let path: String
    private(set) var place = TableFault.Row(jsonLine: 0)
    private var columns: [(name: String, isOptional: Bool, occurs: Bool)] = []
    private var fields: [[UInt8]] = []
    /// Fields of the first object, for messages.
    private var known: [String] = []

    init(_ source: any ByteSource) {
        lines = LineReader(source)
        path = source.path
    }

    mutating func index(of column: String, isOptional: Bool) throws(DataError) -> Int {
        columns.append((column, isOptional, false))
        fields.append([])
        return columns.count - 1
    }

    mutating func next() throws(DataError) -> Bool {
        while let line = try lines.next() {
            guard line.contains(where: { $0 > 32 }) else { continue }
            place = TableFault.Row(jsonLine: lines.number)
            let json: JSONValue
            do throws(JSONReadError) { json = try JSONValue(parsing: line) } catch {
                throw fault(.notJSON(place, reason: error.reason, byte: error.offset + 1))
            }
            guard case .object(let object) = json else {
                throw fault(.notJSON(place, reason: "an object expected", byte: 1))
            }
            if known.isEmpty { known = object.keys }
            for index in columns.indices { try read(index, object) }
            return true
        }
        if let absent = columns.first(where: { !$0.occurs }), !known.isEmpty {
            throw fault(.missingColumn(name: absent.name, known: known))
        }
        return false
    }

    private mutating func read(_ index: Int, _ object: JSONObject) throws(DataError) {
        let name = columns[index].name
        fields[index].removeAll(keepingCapacity: true)
        guard let value = object[name] else {
            guard columns[index].isOptional else {
                // A name that the first line lacks, too, is more often wrong than left out.
                throw fault(
                    known.contains(name)
                        ? .missingField(place, name: name) : .missingColumn(name: name, known: known))
            }
            return
        }
        columns[index].occurs = true
        switch value {
        case .string(let text): fields[index] += text.utf8
        case .integer(let number): fields[index] += "\(number)".utf8
        case .number(let number): fields[index] += "\(number)".utf8
        case .bool(let truth): fields[index].append(UInt8(ascii: truth ? "1" : "0"))
        case .null: break
        case .array, .object: throw fault(.notPlain(place, column: name))
        }
    }

    func bytes(_ field: Int) -> ArraySlice<UInt8> { fields[field][...] }

    func text(_ field: Int) -> String { String(decoding: fields[field], as: UTF8.self) }

    private func fault(_ fault: TableFault) -> DataError { .invalidTable(path: path, fault: fault) }
}
