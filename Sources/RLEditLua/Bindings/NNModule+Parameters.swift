internal import LuaBridge
internal import RLEditCore
internal import RLEditNN
internal import RLEditTensor

extension HostModules {
    /// Methods of a model that read and replace its parameters.
    static func addParameters(to type: LuaType<ScriptModel>) {
        type.method(
            "parameters",
            """
            Copies of all parameters by name.
            @return table<string, rledit.Tensor>
            """
        ) { model, call in
            try call.atMost(0)
            let table = try call.host.makeTable()
            for name in model.network.parameterNames {
                if let value = model.network.parameter(name) { try table.set(name, value) }
            }
            return try call.returns(table)
        }
        type.method(
            "parameter_names",
            """
            Names of the parameters in the order of the layers: `conv1.weight`, `conv1.bias`, …
            @return string[]
            """
        ) { model, call in
            try call.atMost(0)
            return try call.returns(model.network.parameterNames)
        }
        type.method(
            "parameter",
            """
            A copy of a parameter.
            @param name string for example `fc2.weight`
            @return rledit.Tensor
            """
        ) { model, call in
            try call.atMost(1)
            let name = try call.string(1)
            guard let value = model.network.parameter(name) else { throw unknownParameter(name, model, call) }
            return try call.returns(value)
        }
        type.method(
            "set_parameter",
            """
            Replaces a parameter by finite values of the same shape.
            @param name string
            @param value rledit.Numbers
            @return rledit.Model self
            """
        ) { model, call in
            try call.atMost(2)
            try model.checkWritable()
            let name = try call.string(1)
            guard let current = model.network.parameter(name) else { throw unknownParameter(name, model, call) }
            let value = try call.tensor(2)
            guard value.shape == current.shape else {
                throw call.argumentError(2, "shape mismatch: expected \(current.shape), got \(value.shape)")
            }
            if let element = value.firstNonFinite {
                throw call.argumentError(2, "finite numbers expected: \(element.description)")
            }
            try model.network.setParameter(name, value)
            return call.returnsSelf()
        }
    }

    private static func unknownParameter(_ name: String, _ model: ScriptModel, _ call: LuaCall) -> LuaUsageError {
        call.argumentError(
            1,
            "the model has no parameter '\(name)'"
                + NearestName.suggestion(for: name, among: model.network.parameterNames))
    }
}
