internal import RLEditRuns

extension ScriptContext {
    /// Which data the script has loaded, in a line; nil when it has loaded none.
    var dataLine: String? {
        if usedData.isEmpty { return nil }
        var hasHint = false
        let sources = usedData.map { source in
            if source.name == "generated", hasStandInDigits {
                return "generated digits (no MNIST found; scripts/fetch-data fetches it)"
            }
            if ["generated comments", "generated templates"].contains(source.name), hasStandInComments {
                defer { hasHint = true }
                return source.name
                    + (hasHint ? "" : " (no Jigsaw data found; scripts/fetch-data --jigsaw says how to get them)")
            }
            let name = source.name == "generated" ? "generated digits" : source.name
            let file = source.file.map { "\($0), " } ?? ""
            return "\(name) (\(file)SHA-256 \(source.hash.prefix(8))…)"
        }
        return "data: " + sources.joined(separator: ", ")
    }
}
