import Foundation
import RLEditCore
import Testing

@Suite("Portable elementary functions")
struct PortableMathTests {
    @Test("logarithm agrees with the system's to 4e-15 relative, from the smallest uniform to large numbers")
    func logarithm() {
        var x = 0x1p-25
        while x < 1e12 {
            let expected = Foundation.log(x)
            #expect(abs(PortableMath.log(x) - expected) <= 4e-15 * max(abs(expected), 1e-3), "x = \(x)")
            x *= 1.0937
        }
        #expect(PortableMath.log(1) == 0)
    }

    @Test("sine and cosine of turns agree with the system's to 4e-15 absolute, on all octants")
    func sineAndCosine() {
        for step in 0..<1000 {
            let turns = Double(step) / 1000
            #expect(abs(PortableMath.cosineOfTurns(turns) - Foundation.cos(2 * .pi * turns)) <= 4e-15, "\(turns)")
            #expect(abs(PortableMath.sineOfTurns(turns) - Foundation.sin(2 * .pi * turns)) <= 4e-15, "\(turns)")
        }
        #expect(PortableMath.cosineOfTurns(0) == 1)
        #expect(PortableMath.cosineOfTurns(0.25) == 0)
        #expect(PortableMath.cosineOfTurns(0.5) == -1)
    }

    @Test("exponential agrees with the system's to 1e-14 relative up to |x| = 700")
    func exponential() {
        for step in -7000...7000 {
            let x = Double(step) / 10
            let expected = Foundation.exp(x)
            #expect(abs(PortableMath.exp(x) - expected) <= 1e-14 * expected, "x = \(x)")
        }
        #expect(PortableMath.exp(0) == 1)
    }
}
