internal import LuaBridge
internal import RLEditTensor

extension HostModules {
    /// Functions of each element: a method that gives a new tensor, and one with an underscore that works in place.
    static func addElementwise(to type: LuaType<ScriptTensor>) {
        let functions: [(String, documentation: String, (Tensor) -> Tensor, (inout Tensor) -> Void)] = [
            ("neg", "Negative of each element.", { $0.neg() }, { $0.negInPlace() }),
            ("abs", "Absolute value of each element.", { $0.abs() }, { $0.absInPlace() }),
            ("sign", "-1, 0 or 1 by the sign of each element.", { $0.sign() }, { $0.signInPlace() }),
            ("exp", "Exponential of each element.", { $0.exp() }, { $0.expInPlace() }),
            (
                "log", "Natural logarithm of each element; -infinity of 0, NaN of negative ones.", { $0.log() },
                { $0.logInPlace() }
            ), ("sqrt", "Square root of each element; NaN of negative ones.", { $0.sqrt() }, { $0.sqrtInPlace() }),
            ("square", "Square of each element.", { $0.square() }, { $0.squareInPlace() }),
            ("tanh", "Hyperbolic tangent of each element.", { $0.tanh() }, { $0.tanhInPlace() }),
            ("sigmoid", "1 / (1 + exp(-x)) of each element.", { $0.sigmoid() }, { $0.sigmoidInPlace() }),
            ("relu", "max(0, x) of each element.", { $0.relu() }, { $0.reluInPlace() }),
        ]
        for (name, documentation, function, update) in functions {
            type.method(name, "\(documentation)\n@return rledit.Tensor") { value, call in
                try call.atMost(0)
                return try call.returns(function(value.tensor))
            }
            type.mutatingMethod(name + "_", "As `\(name)`, in place.\n@return rledit.Tensor self") { value, call in
                try call.atMost(0)
                try value.checkWritable()
                update(&value.tensor)
                return call.returnsSelf()
            }
        }
        type.method(
            "clamp",
            """
            Each element brought into `low` … `high`.
            @param low number
            @param high number
            @return rledit.Tensor
            """
        ) { value, call in
            let (low, high) = try clampBounds(call)
            return try call.returns(try call.blaming(1) { try value.tensor.clamp(low, high) })
        }
        type.mutatingMethod(
            "clamp_",
            """
            Brings each element into `low` … `high`, in place.
            @param low number
            @param high number
            @return rledit.Tensor self
            """
        ) { value, call in
            try value.checkWritable()
            let (low, high) = try clampBounds(call)
            try call.blaming(1) { try value.tensor.clampInPlace(low, high) }
            return call.returnsSelf()
        }
        type.mutatingMethod(
            "fill_",
            """
            Sets every element.
            @param value number
            @return rledit.Tensor self
            """
        ) { value, call in
            try call.atMost(1)
            try value.checkWritable()
            value.tensor.fill(try call.argument(1, as: Float.self))
            return call.returnsSelf()
        }
        type.mutatingMethod(
            "copy_",
            """
            Takes the values of another tensor, which is broadcast to this shape.
            @param values rledit.Numbers
            @return rledit.Tensor self
            """
        ) { value, call in
            try call.atMost(1)
            try value.checkWritable()
            if call.isSelf(1) { return call.returnsSelf() }
            let source = try call.tensor(1)
            value.tensor = try call.blaming(1) { try source.broadcast(to: value.tensor.shape) }
            return call.returnsSelf()
        }
        let normalizations = [
            ("softmax", false, "exp(x) / Σ exp(x) along a dimension, the last by default."),
            ("log_softmax", true, "Logarithm of the softmax along a dimension, the last by default."),
        ]
        for (name, isLogarithm, documentation) in normalizations {
            type.method(
                name, "\(documentation)\n@param dimension integer?\n@return rledit.Tensor"
            ) { value, call in
                try call.atMost(1)
                let dimension = try call.optional(1, as: Int.self).map { try call.dimension($0, 1, of: value.tensor) }
                return try call.returns(
                    try call.blaming(1) {
                        isLogarithm
                            ? try value.tensor.logSoftmax(dimension: dimension)
                            : try value.tensor.softmax(dimension: dimension)
                    })
            }
        }
    }

    private static func clampBounds(_ call: LuaCall) throws -> (Float, Float) {
        try call.atMost(2)
        return (try call.argument(1, as: Float.self), try call.argument(2, as: Float.self))
    }
}

extension LuaCall {
    /// The 0-based dimension that a script's number means.
    func dimension(_ dimension: Int, _ argument: Int, of tensor: Tensor) throws -> Int {
        guard let resolved = ScriptIndex.resolve(dimension, count: tensor.rank) else {
            throw argumentError(argument, "dimension \(dimension) is outside a tensor of rank \(tensor.rank)")
        }
        return resolved
    }
}
