internal import LuaBridge
internal import RLEditTensor

extension HostModules {
    /// Reductions. Without a dimension they give a number, with one (or a table of them) a tensor.
    static func addReductions(to type: LuaType<ScriptTensor>) {
        let reductions: [(String, documentation: String, (Tensor, [Int]?, Bool) throws -> Tensor)] = [
            (
                "sum",
                """
                Sum: of all elements as a number, or along one or several dimensions as a tensor. `keep` keeps those
                dimensions with size 1.
                """,
                { try $0.sum($1, keepDimensions: $2) }
            ),
            (
                "mean", "Mean: of all elements as a number, or along dimensions as a tensor.",
                { try $0.mean($1, keepDimensions: $2) }
            ),
            (
                "max", "Largest element: of all as a number, or along dimensions as a tensor; NaN when there is one.",
                { try $0.max($1, keepDimensions: $2) }
            ),
            (
                "min", "Smallest element: of all as a number, or along dimensions as a tensor; NaN when there is one.",
                { try $0.min($1, keepDimensions: $2) }
            ),
            (
                "norm", "Euclidean norm √Σx²: of all elements as a number, or along dimensions as a tensor.",
                { try $0.norm($1, keepDimensions: $2) }
            ),
        ]
        for (name, documentation, reduce) in reductions {
            type.method(
                name,
                """
                \(documentation)
                @param dimension (integer|integer[])?
                @param keep boolean?
                @return number|rledit.Tensor
                """
            ) { value, call in
                try call.atMost(2)
                let dimensions = try call.dimensions(1, of: value.tensor)
                let keep = try call.optional(2, as: Bool.self) ?? false
                return try call.returns(
                    reduction: try call.blaming(1) { try reduce(value.tensor, dimensions, keep) },
                    isNumber: dimensions == nil && !keep)
            }
        }
        let deviations: [(String, documentation: String, (Tensor, [Int]?, Bool, Int) throws -> Tensor)] = [
            (
                "var",
                """
                Variance: of all elements as a number, or along dimensions as a tensor. The sum of squares is divided by
                n − correction; the correction is 1 by default, as in PyTorch.
                """,
                { try $0.variance($1, keepDimensions: $2, correction: $3) }
            ),
            (
                "std", "Standard deviation, the square root of `var`.",
                { try $0.standardDeviation($1, keepDimensions: $2, correction: $3) }
            ),
        ]
        for (name, documentation, reduce) in deviations {
            type.method(
                name,
                """
                \(documentation)
                @param dimension (integer|integer[])?
                @param keep (boolean|{ keep: boolean?, correction: integer? })?
                @return number|rledit.Tensor
                """
            ) { value, call in
                try call.atMost(2)
                let dimensions = try call.dimensions(1, of: value.tensor)
                var (keep, correction) = (false, 1)
                if case .table = call.value(2) {
                    let options = try call.options(2, of: name)
                    keep = try options.optional("keep", as: Bool.self) ?? keep
                    correction = try options.optional("correction", as: Int.self) ?? correction
                    try options.finish()
                } else {
                    keep = try call.optional(2, as: Bool.self) ?? keep
                }
                return try call.returns(
                    reduction: try call.blaming(1) { try reduce(value.tensor, dimensions, keep, correction) },
                    isNumber: dimensions == nil && !keep)
            }
        }
        let positions: [(String, documentation: String, (Tensor) throws -> Int, (Tensor, Int) throws -> [Int])] = [
            (
                "argmax",
                """
                Position of the first largest element: among all in row order as an integer, or along a dimension as a
                tensor of positions. Positions count from 1; class labels are values and begin with 0, so see
                `Model:predict` for labels.
                """,
                { try $0.argmax() }, { try $0.argmax(dimension: $1) }
            ),
            (
                "argmin",
                """
                Position of the first smallest element: among all in row order as an integer, or along a dimension as a
                tensor.
                """,
                { try $0.argmin() }, { try $0.argmin(dimension: $1) }
            ),
        ]
        for (name, documentation, overall, along) in positions {
            type.method(
                name,
                """
                \(documentation)
                @param dimension integer?
                @return integer|rledit.Tensor
                """
            ) { value, call in
                try call.atMost(1)
                let tensor = value.tensor
                guard let number = try call.optional(1, as: Int.self) else {
                    return try call.returns(try call.blaming(1) { try overall(tensor) } + 1)
                }
                let dimension = try call.dimension(number, 1, of: tensor)
                let found = try call.blaming(1) { try along(tensor, dimension) }
                var shape = tensor.shape
                shape.remove(at: dimension)
                return try call.returns(try Tensor(found.map { Float($0 + 1) }, shape: shape))
            }
        }
    }
}

extension LuaCall {
    /// Nothing, a dimension, or a table of dimensions, as 0-based ones.
    fileprivate func dimensions(_ number: Int, of tensor: Tensor) throws -> [Int]? {
        if isNil(number) { return nil }
        guard case .table(let table) = value(number) else {
            return [try dimension(try argument(number), number, of: tensor)]
        }
        return try table.array(of: Int.self, limit: 64).map { try dimension($0, number, of: tensor) }
    }

    fileprivate func returns(reduction: Tensor, isNumber: Bool) throws -> LuaResults {
        isNumber ? try returns(try reduction.item()) : try returns(reduction)
    }
}
