internal import RLEditCore

/// The one rule from Swift's names to Lua's: `learningRate` → `learning_rate`, `targetKL` → `target_kl`. Types keep their
/// CapWords. A test holds every bound name to it.
package enum LuaName {
    /// The name of a class from a function's: `neg_grad_plus` → `NegGradPlus`.
    package static func capWords(_ name: String) -> String {
        name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    /// A message about settings that has Swift's names of fields: `must be at most rolloutLength`.
    package static func inWords(_ message: String) -> String {
        var result = ""
        var word = ""
        func finish() {
            let isName = word.first?.isLowercase == true && word.contains { $0.isUppercase }
            result += isName ? word.snakeCased : word
            word = ""
        }
        for letter in message {
            if letter.isLetter || letter.isNumber {
                word.append(letter)
            } else {
                finish()
                result.append(letter)
            }
        }
        finish()
        return result
    }
}
