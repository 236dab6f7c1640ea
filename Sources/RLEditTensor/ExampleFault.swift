/// The message about examples that a network cannot take: one wording for all that refuse them.
package enum ExampleFault {
    /// For example `example 4 has the label 12, but the network scores 10 classes: labels begin at 0 and go to 9`.
    /// - Parameter example: 0-based; messages count from 1.
    package static func label(_ label: Int, example: Int, classes: Int) -> String {
        "example \(example + 1) has the label \(label), but the network scores \(classes) classes: labels begin at 0 and go to "
            + "\(classes - 1)"
    }

    /// How a script brings a batch into shape, after a semicolon; empty when that cannot be told.
    /// - Parameters:
    ///   - shape: of the batch, examples first.
    ///   - expected: of one example.
    package static func remedy(_ shape: [Int], expected: [Int]) -> String {
        guard !shape.isEmpty, !expected.isEmpty, !shape.contains(0) else { return "" }
        let target = ([-1] + expected).map(String.init).joined(separator: ", ")
        let example = Array(shape.dropFirst())
        let core = expected.filter { $0 > 1 }
        func size(_ shape: [Int]) -> Int { shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue } }
        // A dimension of one is missing or too much: a channel, or the examples when there is a single one.
        let differsByOnes = !core.isEmpty && shape.filter { $0 > 1 }.suffix(core.count).elementsEqual(core)
        let isFlattened = (expected.count == 1 || example.count == 1) && size(example) == size(expected)
        if differsByOnes || isFlattened { return "; inputs:reshape { \(target) } brings them into that shape" }
        if expected.count == 3, example == [expected[1], expected[2], expected[0]] {
            return "; inputs:permute { 1, 4, 2, 3 } puts the channels first"
        }
        return ""
    }
}
