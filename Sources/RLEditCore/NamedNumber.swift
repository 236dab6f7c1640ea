/// A number with its name: a term of a reward, a value that a learner logs, a measure in a table.
///
/// `docs/reference/learners.md` explains the names that learners log.
public struct NamedNumber: Sendable, Equatable {
    public var name: String
    public var value: Double

    public init(_ name: String, _ value: Double) {
        self.name = name
        self.value = value
    }
}

extension JSONObject {
    /// Numbers by name, in their order; a name given twice keeps its last value, and NaN becomes `null`.
    public init(_ numbers: [NamedNumber]) {
        self.init()
        for number in numbers { self[number.name] = number.value.isNaN ? .null : .number(number.value) }
    }
}

extension [NamedNumber] {
    /// The first value of a name.
    public subscript(name: String) -> Double? { first { $0.name == name }?.value }

    /// The numeric members of an object; `null` reads as NaN.
    public init(_ object: JSONObject) {
        self = object.members.compactMap { member in
            if member.value == .null { return NamedNumber(member.key, .nan) }
            return member.value.double.map { NamedNumber(member.key, $0) }
        }
    }
}
