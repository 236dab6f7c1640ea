package import LuaBridge

/// The `rledit` modules. Each lives in a file of its own as an extension that adds one module to a host.
package enum HostModules {
    /// Adds every module. `require "rledit"` then gives the table that holds the others.
    package static func add(to host: LuaHost, context: ScriptContext) throws {
        try addTensor(to: host, context: context)
        try addNN(to: host, context: context)
        try addModels(to: host, context: context)
        try addData(to: host, context: context)
        try addMetrics(to: host, context: context)
        try addSchedule(to: host, context: context)
        try addWorlds(to: host)
        try addLearners(to: host)
        try addBaselines(to: host, context: context)
        try addTask(to: host, context: context)
        try addTransfer(to: host, context: context)
        try addEnvironment(to: host)
        try addRun(to: host, context: context)
        // Last: it holds all others.
        try addRoot(to: host, context: context)
    }
}

/// The one rule from Swift's names to Lua's: `learningRate` → `learning_rate`, `targetKL` → `target_kl`. Types keep their
/// CapWords. A test holds every bound name to it.
package enum LuaName {
    package static func snakeCase(_ name: String) -> String {
        var result = ""
        let letters = Array(name)
        for (index, letter) in letters.enumerated() {
            if letter.isUppercase, index > 0 {
                let afterLower = !letters[index - 1].isUppercase
                let beforeLower = index + 1 < letters.count && letters[index + 1].isLowercase
                if afterLower || beforeLower { result.append("_") }
            }
            result.append(contentsOf: letter.lowercased())
        }
        return result
    }

    /// The name of a class from a function's: `neg_grad_plus` → `NegGradPlus`.
    package static func capWords(_ name: String) -> String {
        name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    /// A message about settings with Swift's names of fields: `must be at most rolloutLength`.
    package static func inWords(_ message: String) -> String {
        var result = ""
        var word = ""
        func finish() {
            let isName = word.first?.isLowercase == true && word.contains { $0.isUppercase }
            result += isName ? snakeCase(word) : word
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
