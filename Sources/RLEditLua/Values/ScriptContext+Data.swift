internal import RLEditRuns

extension ScriptContext {
    /// The data that summaries name: the first that the script has loaded.
    var mainData: RunSummary.Data? {
        usedData.first { $0.kind == .data }.map { RunSummary.Data(name: $0.name, hash: $0.hash) }
    }

    /// Which data, models and policies the script has loaded, in a line; nil when it has loaded none.
    var dataLine: String? {
        let parts = Manifest.DataSource.Kind.allCases.compactMap { kind -> String? in
            let sources = titles(of: usedData.filter { $0.kind == kind })
            return sources.isEmpty ? nil : "\(kind.rawValue): " + sources.joined(separator: ", ")
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    private func titles(of sources: [Manifest.DataSource]) -> [String] {
        var hasHint = false
        return sources.map { source in
            if source.name == "generated", hasStandInDigits {
                return "generated digits (no MNIST found; scripts/fetch-data fetches it)"
            }
            if source.name == "generated objects", hasStandInObjects {
                return "generated objects (no CIFAR-10 found; scripts/fetch-data --cifar10 fetches it)"
            }
            if ["generated comments", "generated templates"].contains(source.name), hasStandInComments {
                defer { hasHint = true }
                return source.name
                    + (hasHint ? "" : " (no Jigsaw data found; scripts/fetch-data --jigsaw says how to get them)")
            }
            let file = source.file.map { "\($0), " } ?? ""
            // A model or a policy is known by its file alone.
            let name = source.kind == .data ? source.plainName : source.file ?? source.name
            return "\(name) (\(source.kind == .data ? file : "")SHA-256 \(source.hash.prefix(8))…)"
        }
    }
}
