/// Elementary functions whose results are the same bits on every processor: only IEEE 754 operations that are correctly
/// rounded (+ − × ÷ √), in a fixed order, never contracted. Accurate to about 1e-15 relative: ample for samplers.
package enum PortableMath {
    @inline(__always)
    package static func squareRoot(_ x: Double) -> Double { x.squareRoot() }

    /// Natural logarithm of a positive, normal number.
    ///
    /// x = 2^e · m with m in [√½, √2); log m = 2 atanh(s), s = (m − 1)/(m + 1), |s| ≤ 0.1716, by its series to s²¹.
    package static func log(_ x: Double) -> Double {
        var exponent = Double(x.exponent)
        var significand = x.significand
        if significand > 1.4142135623730951 {
            significand *= 0.5
            exponent += 1
        }
        let s = (significand - 1) / (significand + 1)
        let square = s * s
        var sum = 1.0 / 21
        for denominator in stride(from: 19, through: 1, by: -2) { sum = 1 / Double(denominator) + square * sum }
        return exponent * 0.6931471805599453 + 2 * s * sum
    }

    /// cos(2π t) for t in [0, 1): folded to an angle of at most π/4, then Taylor series of sine or cosine to degree 17.
    package static func cosineOfTurns(_ turns: Double) -> Double {
        // cos is even and has period 1 in turns: fold to [0, 1/2], then cos(π − a) = −cos a.
        var turns = turns > 0.5 ? 1 - turns : turns
        var sign = 1.0
        if turns > 0.25 {
            turns = 0.5 - turns
            sign = -1
        }
        if turns > 0.125 { return sign * sineSeries((0.25 - turns) * 6.283185307179586) }
        return sign * cosineSeries(turns * 6.283185307179586)
    }

    /// Sine of 2π t for any t in [0, 1).
    package static func sineOfTurns(_ turns: Double) -> Double {
        cosineOfTurns(turns < 0.25 ? 0.25 - turns : turns - 0.25)
    }

    /// e^x: x = k ln 2 + r, |r| ≤ ln 2 / 2, Taylor series to degree 13; exact to the last digits for |x| ≤ 700, beyond
    /// that infinity or 0.
    package static func exp(_ x: Double) -> Double {
        guard x.magnitude <= 750 else { return x.isNaN ? x : x > 0 ? .infinity : 0 }
        let k = (x * 1.4426950408889634).rounded(.toNearestOrEven)
        let r = (x - k * 0.693147180369123816490) - k * 1.90821492927058770002e-10
        var sum = 1.0
        for degree in stride(from: 13, through: 1, by: -1) { sum = 1 + r / Double(degree) * sum }
        return Double(sign: .plus, exponent: Int(k), significand: sum)
    }

    private static func sineSeries(_ angle: Double) -> Double {
        let square = angle * angle
        var sum = 1.0
        for degree in stride(from: 16, through: 2, by: -2) { sum = 1 - square / Double(degree * (degree + 1)) * sum }
        return angle * sum
    }

    private static func cosineSeries(_ angle: Double) -> Double {
        let square = angle * angle
        var sum = 1.0
        for degree in stride(from: 17, through: 1, by: -2) { sum = 1 - square / Double(degree * (degree + 1)) * sum }
        return sum
    }
}
