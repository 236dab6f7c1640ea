internal import Foundation
package import RLEditData

/// Applies a classifier to texts that come in one after the other, and writes their scores in the same order.
///
/// Texts are taken in small batches, so that memory does not grow with their number. A batch ends where no more input is
/// waiting, so that two programs can talk line by line.
package struct TextPrediction {
    package enum Form: Sendable, Equatable {
        /// One text a line, one score a line.
        case lines
        /// CSV with a header: the rows as they come, with a column of scores at their end, or one for each class.
        case csv(text: String, score: String)
    }

    private let classifier: TextClassifier
    private let form: Form
    private let write: ([UInt8]) throws -> Void
    private static let batchSize = 512

    /// - Parameter write: gets whole lines.
    package init(_ classifier: TextClassifier, form: Form, write: @escaping ([UInt8]) throws -> Void) {
        self.classifier = classifier
        self.form = form
        self.write = write
    }

    /// - Parameter source: nil for standard input.
    package func run(from source: (any ByteSource)? = nil) throws {
        let source = source ?? StandardInput()
        switch form {
        case .lines: try predictLines(source)
        case .csv(let text, let score): try predictRows(source, text: text, score: score)
        }
    }

    private func predictLines(_ source: any ByteSource) throws {
        let lines = LineReader(source)
        var batch: [[UInt8]] = []
        while let line = try lines.next() {
            batch.append(line)
            if batch.count == TextPrediction.batchSize || !lines.hasBufferedBytes {
                try answer(batch, rows: nil)
                batch.removeAll(keepingCapacity: true)
            }
        }
        try answer(batch, rows: nil)
    }

    private func predictRows(_ source: any ByteSource, text: String, score: String) throws {
        var table = try CSVTable(source)
        let column = try table.index(of: text)
        let names = classifier.classes == 2 ? [score] : (0..<classifier.classes).map { "\(score)_\($0)" }
        if let taken = names.first(where: table.columns.contains) {
            throw PredictionError.columnTaken(name: taken)
        }
        try write(TextPrediction.row(of: table.record) + TextPrediction.fields(names) + newline)
        var batch: [[UInt8]] = []
        var rows: [[UInt8]] = []
        while try table.next() {
            // Only the texts must be UTF-8.
            _ = try table.text(column)
            batch.append(Array(table.record[column]))
            rows.append(TextPrediction.row(of: table.record))
            if batch.count == TextPrediction.batchSize || !table.hasBufferedBytes {
                try answer(batch, rows: rows)
                batch.removeAll(keepingCapacity: true)
                rows.removeAll(keepingCapacity: true)
            }
        }
        try answer(batch, rows: rows)
    }

    /// Writes the scores of some texts; those without a character that is not a space get none.
    private func answer(_ texts: [[UInt8]], rows: [[UInt8]]?) throws {
        guard !texts.isEmpty else { return }
        let probabilities = try classifier.probabilities(texts)
        var output: [UInt8] = []
        for (index, text) in texts.enumerated() {
            let shown = probabilities[index].count == 2 ? [probabilities[index][1]] : probabilities[index]
            let isEmpty = !text.contains { $0 > 32 }
            let scores = shown.map { isEmpty ? "" : String(format: "%.6f", $0) }
            if let rows {
                output += rows[index] + TextPrediction.fields(scores)
            } else if !isEmpty {
                output += Array(scores.joined(separator: "\t").utf8)
            }
            output += newline
        }
        try write(output)
    }

    private var newline: [UInt8] { [UInt8(ascii: "\n")] }

    /// A record as it is written again.
    private static func row(of record: CSVRecord) -> [UInt8] {
        var bytes: [UInt8] = []
        for field in 0..<record.count {
            if field > 0 { bytes.append(UInt8(ascii: ",")) }
            CSVWriter.append(record[field], to: &bytes)
        }
        return bytes
    }

    /// Further fields of a record.
    private static func fields(_ texts: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        for text in texts {
            bytes.append(UInt8(ascii: ","))
            CSVWriter.append(Array(text.utf8), to: &bytes)
        }
        return bytes
    }
}

/// Why texts cannot be scored.
package enum PredictionError: Error, Equatable, Sendable, CustomStringConvertible {
    case columnTaken(name: String)

    package var description: String {
        switch self {
        case .columnTaken(let name):
            "standard input has a column '\(name)' already; name the new one by --score-column"
        }
    }
}
