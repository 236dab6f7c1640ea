import ArgumentParser
import Foundation
import RLEditLua
import RLEditRuns

/// `rledit-lua predict RUN_OR_MODEL`: apply a classifier of texts to standard input.
struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Score texts from standard input with the classifier of a run or a file.",
        discussion: """
            Takes one text a line and writes one score a line: the probability of class 1, or, of a model with more than \
            two classes, the probabilities of all, separated by tabs. An empty line gives an empty line. With --csv, \
            standard input is CSV with a header; its rows come out with a column of scores at their end (one for each \
            class of more than two), empty where the text is.

            EXAMPLES:
              rledit-lua predict runs/debias-20260131-235959 < comments.txt
              rledit-lua predict runs/debias-20260131-235959 --original < comments.txt
              rledit-lua predict classifier.safetensors --csv --text comment_text < in.csv > out.csv
            """)

    @Argument(help: "The folder of a run, or a model's .safetensors file.", completion: .file())
    var model: String

    @Flag(help: "Standard input is CSV; needs --text.")
    var csv = false

    @Option(help: ArgumentHelp("The CSV column that holds the texts.", valueName: "column"))
    var text: String?

    @Option(help: ArgumentHelp("Name of the CSV column for the scores.", valueName: "column"))
    var scoreColumn = "score"

    @Option(
        help: ArgumentHelp(
            "Which edit of a run to apply: mean-policy or best-seen. (default: the one in edited.safetensors)",
            valueName: "which"))
    var edit: String?

    @Flag(help: "Apply the model as it was before the run edited it.")
    var original = false

    func validate() throws {
        if csv, text == nil { throw ValidationError("--csv needs --text COLUMN: which column holds the texts?") }
        if !csv, text != nil { throw ValidationError("--text names a column of CSV: it needs --csv.") }
        if original, edit != nil { throw ValidationError("--original and --edit exclude each other.") }
        if let edit, !["mean-policy", "best-seen"].contains(edit) {
            throw ValidationError("--edit must be mean-policy or best-seen, got '\(edit)'.")
        }
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: model, isDirectory: &isFolder), !isFolder.boolValue,
            original || edit != nil
        {
            throw ValidationError("--original and --edit choose among the edits of a run: '\(model)' is a file.")
        }
    }

    func run() throws {
        _ = StopSignals(clock: RunClock(), effect: .endsProcess)
        let choice = original ? EditChoice.original : edit.flatMap(EditChoice.init(rawValue:)) ?? .saved
        let classifier = try TextClassifier(path: model, edit: choice)
        let form = text.map { TextPrediction.Form.csv(text: $0, score: scoreColumn) } ?? .lines
        do {
            try TextPrediction(classifier, form: form) { try PredictCommand.write($0) }.run()
        } catch is ClosedOutput {
            // Whoever read has seen enough, as `head` does, or the door to standard output knows why.
        }
    }

    /// Standard output takes no more.
    private struct ClosedOutput: Error {}

    private static func write(_ bytes: [UInt8]) throws {
        guard bytes.withUnsafeBytes({ StandardOutput.write($0) }) else { throw ClosedOutput() }
    }
}
