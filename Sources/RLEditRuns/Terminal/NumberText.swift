/// Numbers for people: short, and of equal form within a column.
package enum NumberText {
    /// Fixed-point text; an en dash for NaN.
    package static func fixed(_ value: Double, digits: Int) -> String {
        guard value.isFinite else { return value.isNaN ? "–" : value < 0 ? "−∞" : "∞" }
        guard abs(value) < 1e15 else { return "\(value)" }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let rounded = (abs(value) * scale).rounded(.toNearestOrEven)
        guard rounded < 9e18 else { return "\(value)" }
        let whole = String(Int(rounded))
        let padded = String(repeating: "0", count: max(0, digits + 1 - whole.count)) + whole
        let sign = value < 0 && rounded > 0 ? "-" : ""
        if digits == 0 { return sign + padded }
        return "\(sign)\(padded.dropLast(digits)).\(padded.suffix(digits))"
    }

    /// About `digits` significant digits, without an exponent where that stays short.
    package static func significant(_ value: Double, digits: Int = 4) -> String {
        guard value.isFinite, value != 0 else { return value == 0 ? "0" : fixed(value, digits: 0) }
        let magnitude = decimalExponent(value)
        if magnitude < -4 || magnitude > 9 {
            let mantissa = value / powerOfTen(magnitude)
            return "\(trimmed(fixed(mantissa, digits: max(0, digits - 1))))e\(magnitude)"
        }
        return trimmed(fixed(value, digits: max(0, digits - 1 - magnitude)))
    }

    /// A whole number in groups of three: `8,192`.
    package static func grouped(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return value < 0 ? "-" + result : result
    }

    /// A span of time: `0.8 s`, `42 s`, `3 min 05 s`, `2 h 07 min`.
    package static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "–" }
        if seconds < 9.95 { return "\(fixed(seconds, digits: 1)) s" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        if whole < 3600 { return "\(whole / 60) min \(two(whole % 60)) s" }
        return "\(whole / 3600) h \(two(whole % 3600 / 60)) min"
    }

    /// Largest e with 10^e ≤ |value|.
    static func decimalExponent(_ value: Double) -> Int {
        var exponent = 0
        var rest = abs(value)
        guard rest > 0, rest.isFinite else { return 0 }
        while rest >= 10 {
            rest /= 10
            exponent += 1
        }
        while rest < 1 {
            rest *= 10
            exponent -= 1
        }
        return exponent
    }

    static func powerOfTen(_ exponent: Int) -> Double {
        var result = 1.0
        for _ in 0..<abs(exponent) { result *= 10 }
        return exponent < 0 ? 1 / result : result
    }

    private static func trimmed(_ text: String) -> String {
        guard text.contains(".") else { return text }
        var text = text
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }
}
