internal import RLEditRuns
internal import RLEditWorlds

extension Evaluator {
    /// That what enters the edited layers is not kept; nil where it is.
    var prefixRemark: String? {
        guard !keepsPrefix else { return nil }
        return "what enters the edited layers takes \(prefixMegabytes) MB, more than --prefix-memory allows "
            + "(\(NumberText.grouped(prefixLimit >> 20))): it is computed again for each batch of candidates"
    }

    /// Rounded up.
    var prefixMegabytes: String {
        let megabyte = 1 << 20
        return NumberText.grouped((prefixBytes + megabyte - 1) / megabyte)
    }
}
