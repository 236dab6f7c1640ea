extension String {
    /// A Swift name as scripts and files spell it: `learningRate` → `learning_rate`, `SGDStep` → `sgd_step`.
    public var snakeCased: String {
        var result = ""
        let letters = Array(self)
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
}
