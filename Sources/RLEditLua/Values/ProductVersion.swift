/// The version of the product and of what scripts see of it.
public struct ProductVersion: Sendable, Equatable, CustomStringConvertible {
    /// Major, minor and patch number.
    private let numbers: [Int]

    public static let current = ProductVersion(numbers: [0, 1, 0])

    private init(numbers: [Int]) { self.numbers = numbers }

    /// One to three numbers between dots; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in part.utf8.allSatisfy { (48...57).contains($0) } ? Int(part) : nil }
        guard numbers.count == parts.count, (1...3).contains(numbers.count) else { return nil }
        self.numbers = numbers + Array(repeating: 0, count: 3 - numbers.count)
    }

    public var description: String { numbers.map(String.init).joined(separator: ".") }

    /// Whether a script written for `needed` runs: not older, and without a break in between (a new major version, or
    /// before 1.0 a new minor one).
    public func satisfies(_ needed: ProductVersion) -> Bool {
        let unbroken = numbers[0] == 0 ? 2 : 1
        guard numbers.prefix(unbroken) == needed.numbers.prefix(unbroken) else { return false }
        return !numbers.lexicographicallyPrecedes(needed.numbers)
    }
}
