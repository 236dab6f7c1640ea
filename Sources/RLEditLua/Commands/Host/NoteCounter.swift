/// Hands notes on, and counts the warnings among them, which `--strict` makes errors.
///
/// Used by one thread at a time.
package final class NoteCounter: @unchecked Sendable {
    private let isStrict: Bool
    private let note: (String) -> Void
    private var warnings = 0

    package init(isStrict: Bool, _ note: @escaping (String) -> Void) {
        self.isStrict = isStrict
        self.note = note
    }

    package func add(_ text: String) {
        if text.hasPrefix("warning: ") { warnings += 1 }
        note(text)
    }

    /// - Throws: ``RunError/warnings(count:)`` for a strict run that was warned.
    package func requireNoWarnings() throws(RunError) {
        if isStrict, warnings > 0 { throw .warnings(count: warnings) }
    }
}
