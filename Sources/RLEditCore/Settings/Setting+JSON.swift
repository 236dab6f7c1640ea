/// A setting in manifests and files.
extension Setting {
    /// The value in a resolved configuration; false for what is switched off, null where another setting takes its place.
    public func json(of owner: Owner) -> JSONValue {
        func list(_ sizes: [Int]) -> JSONValue { .array(sizes.map { .integer($0) }) }
        return switch value {
        case .integer(let path, _): .integer(owner[keyPath: path])
        case .number(let path, _): .number(owner[keyPath: path])
        case .boolean(let path): .bool(owner[keyPath: path])
        case .pair(let path, _): list([owner[keyPath: path].height, owner[keyPath: path].width])
        case .optionalNumber(let path, _): owner[keyPath: path].map { .number($0) } ?? .bool(false)
        case .optionalInteger(let path, _): owner[keyPath: path].map { .integer($0) } ?? .null
        case .word(let choice): choice.word(owner).map { .string($0) } ?? .null
        case .integers(let path, _): list(owner[keyPath: path])
        case .optionalIntegers(let path, _): owner[keyPath: path].map(list) ?? .bool(false)
        case .schedule(let path, _): owner[keyPath: path].json
        case .optionalSchedule(let path, _): owner[keyPath: path]?.json ?? .bool(false)
        case .layerScale(let path, _): owner[keyPath: path].json
        }
    }

    /// Takes a value from a file: of plain numbers, booleans and sizes, within the setting's range.
    /// - Returns: false for anything else.
    public func take(_ json: JSONValue, into owner: inout Owner) -> Bool {
        func fits(_ number: Double) -> Bool { bounds.refusal(of: number, shown: "") == nil }
        switch value {
        case .integer(let path, _):
            guard let number = json.integer, fits(Double(number)) else { return false }
            owner[keyPath: path] = number
        case .number(let path, _):
            guard let number = json.double, fits(number) else { return false }
            owner[keyPath: path] = number
        case .boolean(let path):
            guard let flag = json.bool else { return false }
            owner[keyPath: path] = flag
        case .pair(let path, _):
            guard let list = json.array, list.count == 2, let height = list[0].integer, let width = list[1].integer,
                fits(Double(height)), fits(Double(width))
            else { return false }
            owner[keyPath: path] = (height, width)
        case .optionalNumber, .optionalInteger, .word, .integers, .optionalIntegers, .schedule, .optionalSchedule,
            .layerScale:
            return false
        }
        return true
    }
}

extension Schedule {
    /// A constant as a number, other schedules as they were written.
    public var json: JSONValue { Double(description).map { .number($0) } ?? .string(description) }
}
