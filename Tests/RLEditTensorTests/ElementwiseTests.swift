import Foundation
import RLEditTensor
import Testing

@Suite("Elementary functions of tensors")
struct ElementwiseTests {
    @Test("agree with double-precision references to 4 units in the last place")
    func references() throws {
        let x = Tensor((-40...40).map { Float($0) * 0.37 })
        let functions: [(String, Tensor, (Double) -> Double)] = [
            ("neg", x.neg(), { -$0 }), ("abs", x.abs(), { Swift.abs($0) }), ("exp", x.exp(), Foundation.exp),
            ("log", x.abs().add(0.1).log(), { Foundation.log(Double(Float($0).magnitude + 0.1)) }),
            ("sqrt", x.abs().sqrt(), { Swift.abs($0).squareRoot() }), ("square", x.square(), { $0 * $0 }),
            ("tanh", x.tanh(), Foundation.tanh), ("sigmoid", x.sigmoid(), { 1 / (1 + Foundation.exp(-$0)) }),
            ("relu", x.relu(), { Swift.max($0, 0) }), ("sign", x.sign(), { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }),
        ]
        for (name, result, reference) in functions {
            for (argument, value) in zip(x.scalars, result.scalars) {
                let expected = reference(Double(argument))
                #expect(
                    Swift.abs(Double(value) - expected) <= 4 * 0x1p-24 * Swift.abs(expected) + 1e-30,
                    "\(name)(\(argument)) = \(value), expected \(expected)")
            }
        }
    }

    @Test("extreme arguments give limits, not NaN")
    func extremes() {
        let x = Tensor([-.infinity, -1000, 1000, .infinity])
        #expect(x.sigmoid().scalars == [0, 0, 1, 1])
        #expect(x.tanh().scalars == [-1, -1, 1, 1])
        #expect(x.relu().scalars == [0, 0, 1000, .infinity])
        #expect(Tensor([-1]).sqrt().scalars[0].isNaN)
        #expect(Tensor([.nan]).relu().scalars[0].isNaN)
        #expect(Tensor([.nan]).sign().scalars[0].isNaN)
    }

    @Test("variants in place give the same bits")
    func inPlace() throws {
        var stream = RandomStream(seed: 3)
        let x = try Tensor.uniform([77], low: 0.1, high: 3, using: &stream)
        var y = x
        y.logInPlace()
        #expect(y == x.log())
        y.tanhInPlace()
        y.expInPlace()
        y.negInPlace()
        #expect(y == x.log().tanh().exp().neg())
        y.absInPlace()
        y.sqrtInPlace()
        y.sigmoidInPlace()
        y.squareInPlace()
        y.reluInPlace()
        y.signInPlace()
        #expect(y.scalars.allSatisfy { $0 == 1 })
    }

    @Test("clamping limits elements and refuses crossed bounds")
    func clamp() throws {
        let x = Tensor([-2, 0.5, 9, .nan])
        #expect(try x.clamp(-1, 1).scalars.prefix(3) == [-1, 0.5, 1])
        #expect(try x.clamp(-1, 1).scalars[3].isNaN)
        #expect(throws: TensorError.self) { try x.clamp(1, -1) }
        #expect(throws: TensorError.self) { try x.clamp(.nan, 1) }
    }
}
