internal import LuaBridge
internal import RLEditNN

extension HostModules {
    /// Functions of `rledit.nn` that make layers.
    static func addLayers(to module: LuaModule) {
        module.function("linear") { call in
            try call.atMost(2)
            if case .table = call.value(1) {
                let options = try call.options(1, of: "rledit.nn.linear")
                let (inputs, outputs) = (
                    try options.required("inputs", as: Int.self), try options.required("outputs", as: Int.self)
                )
                let bias = try options.optional("bias", as: Bool.self) ?? true
                try options.finish()
                return try call.returns(Linear(inputs, outputs, bias: bias), "linear")
            }
            return try call.returns(Linear(try call.integer(1), try call.integer(2)), "linear")
        }
        module.function("embedding_bag") { call in
            try call.atMost(2)
            if case .table = call.value(1) {
                let options = try call.options(1, of: "rledit.nn.embedding_bag")
                let (inputs, outputs) = (
                    try options.required("inputs", as: Int.self), try options.required("outputs", as: Int.self)
                )
                let bias = try options.optional("bias", as: Bool.self) ?? true
                try options.finish()
                return try call.returns(EmbeddingBag(inputs, outputs, bias: bias), "embedding")
            }
            return try call.returns(EmbeddingBag(try call.integer(1), try call.integer(2)), "embedding")
        }
        module.function("conv2d") { call in
            try call.atMost(1)
            let options = try call.options(1, of: "rledit.nn.conv2d")
            let layer = Conv2D(
                try options.required("inputs", as: Int.self), try options.required("outputs", as: Int.self),
                kernel: try options.required("kernel", as: SizePair.self).pair,
                stride: try options.optional("stride", as: SizePair.self)?.pair ?? (1, 1),
                padding: try options.optional("padding", as: SizePair.self)?.pair ?? (0, 0),
                dilation: try options.optional("dilation", as: SizePair.self)?.pair ?? (1, 1),
                bias: try options.optional("bias", as: Bool.self) ?? true)
            try options.finish()
            return try call.returns(layer, "conv")
        }
        module.function("max_pool2d") { call in
            let (window, options) = try poolingWindow(call, "rledit.nn.max_pool2d")
            try options?.finish()
            return try call.returns(
                MaxPool2D(kernel: window.kernel, stride: window.stride, padding: window.padding), "pool")
        }
        module.function("average_pool2d") { call in
            let (window, options) = try poolingWindow(call, "rledit.nn.average_pool2d")
            let countsPadding = try options?.optional("counts_padding", as: Bool.self) ?? true
            try options?.finish()
            return try call.returns(
                AveragePool2D(
                    kernel: window.kernel, stride: window.stride, padding: window.padding,
                    countsPadding: countsPadding), "pool")
        }
        module.function("dropout") { call in
            try call.atMost(1)
            return try call.returns(Dropout(try call.optional(1, as: Float.self) ?? 0.5), "dropout")
        }
        let plain: [(String, any Layer, String)] = [
            ("global_average_pool2d", GlobalAveragePool2D(), "pool"), ("flatten", Flatten(), "flatten"),
            ("relu", Activation.relu, "relu"), ("gelu", Activation.gelu, "gelu"), ("tanh", Activation.tanh, "tanh"),
            ("sigmoid", Activation.sigmoid, "sigmoid"),
        ]
        for (name, layer, baseName) in plain {
            module.function(name) { call in
                try call.atMost(0)
                return try call.returns(layer, baseName)
            }
        }
    }

    private typealias PoolingWindow = (
        kernel: (height: Int, width: Int), stride: (height: Int, width: Int)?, padding: (height: Int, width: Int)
    )

    /// A number for the kernel, or a table of settings, which the caller finishes.
    private static func poolingWindow(_ call: LuaCall, _ owner: String) throws -> (PoolingWindow, LuaOptions?) {
        try call.atMost(1)
        guard case .table = call.value(1) else {
            let size = try call.integer(1)
            return (((size, size), nil, (0, 0)), nil)
        }
        let options = try call.options(1, of: owner)
        let window: PoolingWindow = (
            kernel: try options.required("kernel", as: SizePair.self).pair,
            stride: try options.optional("stride", as: SizePair.self)?.pair,
            padding: try options.optional("padding", as: SizePair.self)?.pair ?? (0, 0)
        )
        return (window, options)
    }
}

/// Height and width: an integer for both, or `{height, width}`.
private struct SizePair: LuaReadable {
    static var luaExpected: String { "integer or {height, width}" }
    let pair: (height: Int, width: Int)

    static func luaRead(_ slot: LuaSlot) throws -> SizePair? {
        if let size = try Int.luaRead(slot) { return SizePair(pair: (size, size)) }
        guard let table = LuaTable.luaRead(slot) else { return nil }
        do {
            let sizes = try table.array(of: Int.self, limit: 3)
            guard sizes.count == 2 else { throw LuaMismatch("\(luaExpected) expected, got a table of \(sizes.count)") }
            return SizePair(pair: (sizes[0], sizes[1]))
        } catch let error as LuaUsageError {
            throw LuaMismatch(error.description)
        }
    }
}

extension LuaCall {
    fileprivate func returns(_ layer: any Layer, _ baseName: String) throws -> LuaResults {
        try returns(ScriptLayer(layer: layer, baseName: baseName))
    }
}
