internal import LuaBridge
internal import RLEditNN

extension HostModules {
    /// Functions of `rledit.nn` that make layers.
    static func addLayers(to module: LuaModule) {
        module.types(
            """
            @alias rledit.Size integer|{ [1]: integer, [2]: integer } one size, or `{ height, width }`
            """
        )
        module.function(
            "linear",
            """
            A fully connected layer: `linear(128, 10)`, or by name with `bias = false`.
            @param inputs integer|{ inputs: integer, outputs: integer, bias: boolean? }
            @param outputs integer?
            @return rledit.Layer
            """
        ) { call in
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
        module.function(
            "embedding_bag",
            """
            The first layer of a network that reads texts as bags of words: the rows of its table for the words of a
            text, each times the word's weight, summed; plus a bias. `embedding_bag(#vocabulary, 64)`, or by name with
            `bias = false`. It computes what a linear layer computes, quickly; its weight is `[words, out]`, as of
            PyTorch's `EmbeddingBag` with mode "sum" (the transpose of a linear layer's). Worlds cannot edit it.
            @param inputs integer|{ inputs: integer, outputs: integer, bias: boolean? }
            @param outputs integer?
            @return rledit.Layer
            """
        ) { call in
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
        module.function(
            "conv2d",
            """
            A convolution over `{ channels, height, width }`. Stride and dilation are 1, padding is 0 and there is a
            bias by default.
            @param options { inputs: integer, outputs: integer, kernel: rledit.Size, stride: rledit.Size?, padding: \
            rledit.Size?, dilation: rledit.Size?, bias: boolean? }
            @return rledit.Layer
            """
        ) { call in
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
        module.function(
            "max_pool2d",
            """
            Maximum over windows. The stride is the kernel's size by default.
            @param kernel integer|{ kernel: rledit.Size, stride: rledit.Size?, padding: rledit.Size? }
            @return rledit.Layer
            """
        ) { call in
            let (window, options) = try poolingWindow(call, "rledit.nn.max_pool2d")
            try options?.finish()
            return try call.returns(
                MaxPool2D(kernel: window.kernel, stride: window.stride, padding: window.padding), "pool")
        }
        module.function(
            "average_pool2d",
            """
            Mean over windows. The stride is the kernel's size by default; padded zeros count unless `counts_padding` is
            false.
            @param kernel integer|{ kernel: rledit.Size, stride: rledit.Size?, padding: rledit.Size?, counts_padding: \
            boolean? }
            @return rledit.Layer
            """
        ) { call in
            let (window, options) = try poolingWindow(call, "rledit.nn.average_pool2d")
            let countsPadding = try options?.optional("counts_padding", as: Bool.self) ?? true
            try options?.finish()
            return try call.returns(
                AveragePool2D(
                    kernel: window.kernel, stride: window.stride, padding: window.padding,
                    countsPadding: countsPadding), "pool")
        }
        module.function(
            "dropout",
            """
            Sets values to 0 at random while training, and scales the others up; does nothing otherwise.
            @param rate number? share of values, 0.5 by default
            @return rledit.Layer
            """
        ) { call in
            try call.atMost(1)
            return try call.returns(Dropout(try call.optional(1, as: Float.self) ?? 0.5), "dropout")
        }
        let plain: [(String, documentation: String, any Layer, String)] = [
            (
                "global_average_pool2d", "Mean over all positions of each channel.", GlobalAveragePool2D(), "pool"
            ),
            ("flatten", "All values of an example in one dimension.", Flatten(), "flatten"),
            ("relu", "max(0, x).", Activation.relu, "relu"),
            ("gelu", "x Φ(x), with the normal distribution's Φ.", Activation.gelu, "gelu"),
            ("tanh", "Hyperbolic tangent.", Activation.tanh, "tanh"),
            ("sigmoid", "1 / (1 + exp(-x)).", Activation.sigmoid, "sigmoid"),
        ]
        for (name, documentation, layer, baseName) in plain {
            module.function(name, "\(documentation)\n@return rledit.Layer") { call in
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
