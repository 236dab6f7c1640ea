import Foundation
import LuaBridge
import RLEditNN
import RLEditTensor
import Testing

@Suite("nn.graph and the architectures in Lua")
struct GraphModuleTests {
    private static let residual = """
        local g = nn.graph { name = "small", seed = 4 }
        local x = g:input("image", { 2, 6, 6 })
        local y = g:batch_norm(g:conv2d(x, { name = "stem.conv", outputs = 4, kernel = 3, padding = 1, bias = false }))
        x = g:relu(y)
        y = g:conv2d(x, { name = "block.conv", outputs = 4, kernel = 3, padding = 1, groups = 2 })
        x = g:relu(g:add(y, x))
        x = g:global_average_pool2d(x)
        local model = g:network { scores = g:linear(x, { name = "fc", outputs = 3 }) }

        """

    @Test("a graph builds a network whose layers read what they are given, with sizes told by the layer before")
    func builds() throws {
        let printed = try ModuleScript.printed(
            Self.residual + """
                print(table.concat(model:layers(), " "))
                print(model.parameter_count, model.name, model.output_shape[1], g, x)
                print(table.concat(model:parameter_names(), " "))
                """)
        #expect(
            printed == """
                stem.conv norm1 relu1 block.conv add1 relu2 pool1 fc
                171\tsmall\t3\tgraph of 8 layers\tport of shape [4]
                stem.conv.weight norm1.weight norm1.bias norm1.running_mean norm1.running_var block.conv.weight \
                block.conv.bias fc.weight fc.bias
                """)
    }

    @Test("a saved graph opens again without its script, with the same outputs and bytes")
    func saves() throws {
        let host = ModuleScript()
        defer { host.remove() }
        let images = "local images = tensor.normal({ 5, 2, 6, 6 }, { seed = 1 }) "
        let saved = try host.run(
            Self.residual + images + """
                local set = data.set { inputs = images, labels = { 0, 1, 2, 1, 0 } }
                model:fit(set, { epochs = 2, batch_size = 5 })
                model:save("model.safetensors")
                print(model:parameter("norm1.running_mean"):equal(tensor.zeros { 4 }))
                print(model:forward(images), model:parameter("norm1.running_mean"))
                """
        ).printed
        #expect(saved.hasPrefix("false\n"))
        let bytes = try #require(FileManager.default.contents(atPath: host.folder + "/run/model.safetensors"))
        try bytes.write(to: URL(fileURLWithPath: host.folder + "/data/model.safetensors"))
        let again = try host.run(
            images + """
                local again = nn.load("model.safetensors")
                again:save("again.safetensors")
                print(again:forward(images), again:parameter("norm1.running_mean"))
                """
        ).printed
        #expect("false\n" + again == saved)
        #expect(FileManager.default.contents(atPath: host.folder + "/run/again.safetensors") == bytes)
    }

    @Test("the output of a layer by its name: for probes, and of an edited network in a reward")
    func layerOutputs() throws {
        let printed = try ModuleScript.printed(
            Self.residual + """
                local images = tensor.normal({ 5, 2, 6, 6 }, { seed = 1 })
                local features = model:forward(images, "pool1")
                local scores = features:matmul(model:parameter("fc.weight"):transpose()) + model:parameter("fc.bias")
                print(scores:is_close(model:forward(images)), model:forward(images, "fc"):equal(model:forward(images)))
                local set = data.set { inputs = images, labels = { 0, 1, 2, 1, 0 } }
                print(table.concat(model:forward(set, "block.conv").shape, " "), model:forward(set, "pool1"):equal(features))
                """)
        #expect(printed == "true\ttrue\n5 4 6 6\ttrue")
        let message = ModuleScript.message(Self.residual + "model:forward(tensor.zeros { 1, 2, 6, 6 }, 'poll1')")
        #expect(message.contains("no layer is named 'poll1' (did you mean 'pool1'?); layers: "), "\(message)")
    }

    @Test("what does not fit is refused, with what was expected")
    func refusals() {
        let begin = "local g = nn.graph() local x = g:input('image', { 2, 6, 6 }) "
        let cases: [(String, String)] = [
            ("g:conv2d(x, { kernel = 3 })", "missing field 'outputs' in rledit.Graph:conv2d"),
            ("g:conv2d(x, { outputs = 4, kernel = 9 })", "layer 'conv1': Conv2D: expected at least 9×9"),
            (
                "g:conv2d(x, { outputs = 3, kernel = 1, groups = 2 })",
                "groups must be a divisor of 2 and 3 channels, got 2"
            ),
            ("g:add(x)", "bad argument #2 to 'add' (rledit.Port expected"),
            (
                "g:add(x, g:flatten(x))",
                "layer 'add1': Add: expected another input of shape [2, 6, 6], got an input of shape [72]"
            ),
            ("g:multiply(x, x, x)", "'multiply' reads 2 layers, got 3"),
            ("g:relu(x, { nme = 'a' })", "unknown field 'nme' in rledit.Graph:relu (did you mean 'name'?)"),
            ("g:input('other', { 3 })", "a graph has one input, and this one has it already"),
            ("g:relu(nn.graph():input('x', { 2 }))", "argument #1 of 'relu' is of another graph"),
            (
                "g:conv2d(x, { outputs = 1, kernel = 1, name = 'left' }) g:network { scores = g:flatten(x) }",
                "layer 'left' does not lead to the scores; read what it gives, or leave it out"
            ),
            (
                "x = g:conv2d(x, { outputs = 1, kernel = 1, name = 'a' }) x = g:relu(x, { name = 'a' }) "
                    + "g:network { scores = x }", "two layers are named 'a'"
            ),
            ("models.resnet_cifar { depth = 21 }", "depth must be 6n + 2, as 20 or 56 is, got 21"),
            ("models.vit { patch = 3 }", "height and width must be multiples of the patch, got 224, 224 and 3"),
            (
                "g:conv2d(x, { outputs = 1, kernel = 1, stored = { weight = 'a' } })",
                "bad field 'stored' in rledit.Graph:conv2d (tensors by parameters expected, as in "
                    + "{ weight = { name = \"in_proj_weight\" } })"
            ),
            (
                "g:conv2d(x, { outputs = 1, kernel = 1, stored = { weight = { name = 'a', part = 3, parts = 2 } } })",
                "the stored tensor 'a': a part between 1 and 2 of at most 64 is expected, got 3"
            ),
            (
                "g:conv2d(x, { outputs = 1, kernel = 1, stored = { weight = { nam = 'a' } } })",
                "unknown field 'nam' in rledit.Graph:conv2d.stored.weight (did you mean 'name'?)"
            ),
            ("g:relu(x, { stored = {} })", "unknown field 'stored' in rledit.Graph:relu"),
            ("models.resnet_cifar { dept = 20 }", "unknown field 'dept' in rledit.models.resnet_cifar"),
            ("models.resnet { depth = 'x' }", "field 'depth' in rledit.models.resnet: integer expected, got string"),
            ("models.vgg { input = { 3, 32, 32 } }", "height and width must be multiples of 224, got 32 and 32"),
        ]
        for (script, expected) in cases {
            let message = ModuleScript.message(begin + script)
            #expect(message.contains(expected), "\(script): \(message)")
        }
    }

    @Test("the architectures have the parameters that their PyTorch files have")
    func architectures() throws {
        let printed = try ModuleScript.printed(
            """
            print(models.resnet_cifar { depth = 20 }.parameter_count, models.resnet_cifar { depth = 56, seed = 1 }.parameter_count)
            local r = models.resnet { depth = 18, input = { 3, 64, 64 } }
            print(r.parameter_count, r:parameter("layer2.0.downsample.0.weight").shape[1], #r:layers())
            local m = models.mobilenet_v2 { input = { 3, 32, 32 } }
            print(m.parameter_count, m:parameter("features.1.conv.0.0.weight").shape[2], m:parameter("features.18.1.bias").shape[1])
            """)
        #expect(printed == "269722\t853018\n11689512\t128\t68\n3504872\t1\t1280")
    }

    @Test("queries, keys and values of a vision transformer are one tensor in its file")
    func fused() throws {
        let host = ModuleScript()
        defer { host.remove() }
        let small = """
            local settings = { patch = 2, width = 8, depth = 1, heads = 2, hidden = 8, classes = 3, input = { 1, 4, 4 }, seed = 1 }
            local images = tensor.normal({ 4, 1, 4, 4 }, { seed = 2 })

            """
        let printed = try host.run(
            small + """
                local model = models.vit(settings)
                model:save "vit.safetensors"
                print(model.parameter_count, model:forward(images):sum())
                """
        ).printed
        let lines = printed.split(separator: "\n").map(String.init)
        let bytes = try #require(FileManager.default.contents(atPath: host.folder + "/run/vit.safetensors"))
        try bytes.write(to: URL(fileURLWithPath: host.folder + "/data/vit.safetensors"))
        let again = try host.run(
            small + """
                local tensors = nn.read_safetensors "vit.safetensors"
                local weight = tensors["encoder.layers.encoder_layer_0.self_attention.in_proj_weight"]
                local token, positions = tensors.class_token, tensors["encoder.pos_embedding"]
                print(table.concat(weight.shape, " "), table.concat(token.shape, " "), table.concat(positions.shape, " "))
                local model = nn.load "vit.safetensors"
                print(model.parameter_count, model:forward(images):sum())
                local other = models.vit { patch = 2, width = 8, depth = 1, heads = 2, hidden = 8, classes = 3,
                    input = { 1, 4, 4 }, seed = 9 }
                other:load "vit.safetensors"
                local value = other:parameter "encoder.layers.encoder_layer_0.self_attention.value.weight"
                print(value:equal(weight[{ { 17, 24 } }]), other:forward(images):equal(model:forward(images)))
                """
        ).printed
        #expect(again == "24 8\t1 1 8\t1 5 8\n\(lines[0])\ntrue\ttrue\n", "\(again)")
    }

    @Test("an architecture has the same parameters in every process and none of the file's layers is shared")
    func seeds() throws {
        let printed = try ModuleScript.printed(
            """
            local a, b = models.resnet_cifar { depth = 8, seed = 3 }, models.resnet_cifar { depth = 8, seed = 3 }
            local c = models.resnet_cifar { depth = 8, seed = 4 }
            print(a:parameter("conv1.weight"):equal(b:parameter("conv1.weight")), a:parameter("conv1.weight"):equal(c:parameter("conv1.weight")))
            """)
        #expect(printed == "true\tfalse")
    }
}
