internal import LuaBridge
internal import RLEditTensor

extension HostModules {
    /// Functions of `rledit.tensor` that draw.
    static func addRandomConstructors(to module: LuaModule, context: ScriptContext) {
        module.function(
            "uniform",
            """
            Random numbers, equally likely in `low` (included) to `high` (excluded); 0 to 1 by default. They come from
            the run's own stream, or from one of the given seed.
            @param shape rledit.Shape
            @param options? { low: number?, high: number?, seed: integer? }
            @return rledit.Tensor
            """
        ) { call in
            try call.atMost(2)
            let shape = try call.shape(1)
            let options = try call.options(2, of: "rledit.tensor.uniform")
            let low = try options.optional("low", as: Float.self) ?? 0
            let high = try options.optional("high", as: Float.self) ?? 1
            let seed = try options.optional("seed", as: Int.self)
            try options.finish()
            return try call.returns(
                try context.draw(seed: seed) { try Tensor.uniform(shape, low: low, high: high, using: &$0) })
        }
        module.function(
            "normal",
            """
            Random numbers of a normal distribution; mean 0 and standard deviation 1 by default. They come from the
            run's own stream, or from one of the given seed.
            @param shape rledit.Shape
            @param options? { mean: number?, std: number?, seed: integer? }
            @return rledit.Tensor
            """
        ) { call in
            try call.atMost(2)
            let shape = try call.shape(1)
            let options = try call.options(2, of: "rledit.tensor.normal")
            let mean = try options.optional("mean", as: Float.self) ?? 0
            let deviation = try options.optional("std", as: Float.self) ?? 1
            let seed = try options.optional("seed", as: Int.self)
            try options.finish()
            guard deviation >= 0 else { throw options.fieldError("std", "must not be negative, got \(deviation)") }
            return try call.returns(
                try context.draw(seed: seed) {
                    try Tensor.normal(shape, mean: mean, standardDeviation: deviation, using: &$0)
                })
        }
    }
}

extension ScriptContext {
    /// Draws from the run's stream for tensors, or from one of the given seed.
    func draw<Result>(seed: Int?, _ body: (inout RandomStream) throws -> Result) throws -> Result {
        if let seed {
            var stream = RandomStream(seed: UInt64(bitPattern: Int64(seed)), name: "tensor")
            return try body(&stream)
        }
        return try body(&tensorRandom)
    }
}
