import LuaBridge
import Testing

@Suite struct TensorModuleTests {
    @Test("constructors make tensors of the asked shape and values")
    func constructors() throws {
        let printed = try ModuleScript.printed(
            """
            print(tensor.new { {1, 2}, {3, 4} })
            print(tensor.zeros { 2, 3 }.shape[2], tensor.ones(4):sum(), tensor.full({2}, 7))
            print(tensor.eye(2))
            print(tensor.range(3), tensor.range(2, 4), tensor.range { first = 1, last = 0, step = -0.5 })
            print(tensor.linspace { first = 0, last = 1, count = 5 })
            print(tensor.new(5).rank, tensor.new {}.shape[1])
            """)
        #expect(
            printed == """
                Tensor [2, 2]:
                  1.0, 2.0
                  3.0, 4.0
                3\t4.0\tTensor [2]: 7.0, 7.0
                Tensor [2, 2]:
                  1.0, 0.0
                  0.0, 1.0
                Tensor [3]: 1.0, 2.0, 3.0\tTensor [3]: 2.0, 3.0, 4.0\tTensor [3]: 1.0, 0.5, 0.0
                Tensor [5]: 0.0, 0.25, 0.5, 0.75, 1.0
                0\t0
                """)
    }

    @Test("random tensors depend on the run's seed, or on one of their own")
    func random() throws {
        let text = "print(tensor.normal({4}), tensor.uniform({4}), tensor.normal({2}, { seed = 5 }))"
        var (first, second) = (ModuleScript(), ModuleScript())
        defer {
            first.remove()
            second.remove()
        }
        (first.seed, second.seed) = (0, 1)
        let (one, two) = (try first.run(text).printed, try second.run(text).printed)
        #expect(try first.run(text).printed == one)
        #expect(one.split(separator: "\t")[0] != two.split(separator: "\t")[0])
        #expect(one.split(separator: "\t")[2] == two.split(separator: "\t")[2])
    }

    @Test("arithmetic broadcasts, works with numbers on either side, and leaves its operands alone")
    func arithmetic() throws {
        let printed = try ModuleScript.printed(
            """
            local a = tensor.new { {1, 2, 3}, {4, 5, 6} }
            local b = tensor.new { 10, 20, 30 }
            print(a + b)
            print(2 - b, b / 10, -b)
            print(b ^ 2, 60 / b)
            print(a:mul(b):sum(), a:maximum(3):sum(), (a - a):norm())
            print(a)
            print(a:eq(2), a:gt(b))
            print(a == a, a == a:clone(), a:equal(a:clone()), a:is_close(a + 1e-7), a:is_close(a + 1))
            """)
        #expect(
            printed == """
                Tensor [2, 3]:
                  11.0, 22.0, 33.0
                  14.0, 25.0, 36.0
                Tensor [3]: -8.0, -18.0, -28.0\tTensor [3]: 1.0, 2.0, 3.0\tTensor [3]: -10.0, -20.0, -30.0
                Tensor [3]: 100.0, 400.0, 900.0\tTensor [3]: 6.0, 3.0, 2.0
                460.0\t24.0\t0.0
                Tensor [2, 3]:
                  1.0, 2.0, 3.0
                  4.0, 5.0, 6.0
                Tensor [2, 3]:
                  0.0, 1.0, 0.0
                  0.0, 0.0, 0.0\tTensor [2, 3]:
                  0.0, 0.0, 0.0
                  0.0, 0.0, 0.0
                true\tfalse\ttrue\ttrue\tfalse
                """)
    }

    @Test("methods with an underscore change the tensor, also by itself, and return it")
    func inPlace() throws {
        let printed = try ModuleScript.printed(
            """
            local a = tensor.new { 1, 2 }
            local b = a:clone()
            print(a:add_(1):mul_(a) == a, a, b)
            print(a:fill_(3):sum(), a:copy_ { 4, 9 }:sqrt_())
            print(a:clamp_(0, 2), a:neg_():abs_() == a)
            """)
        #expect(
            printed == """
                true\tTensor [2]: 4.0, 9.0\tTensor [2]: 1.0, 2.0
                6.0\tTensor [2]: 2.0, 3.0
                Tensor [2]: 2.0, 2.0\ttrue
                """)
    }

    @Test("indices count from 1, ranges include their ends, negative ones count from the end")
    func indexing() throws {
        let printed = try ModuleScript.printed(
            """
            local t = tensor.new { {1, 2, 3}, {4, 5, 6} }
            print(t[1][2], t[{2, 3}], t[-1][-1], #t, t:get { 2, 1 })
            print(t:slice(2, 2), t:slice { {}, {2, -1} })
            print(t[{ {}, 1 }], t:slice { 1 })
            t[{1, 1}] = 10; t[2] = { 7, 8, 9 }; t:set({ {}, 3 }, 0)
            print(t)
            local v = tensor.range(3); v[1] = 5; v[-1] = 6
            print(v, t:index_select({ 2, 1 }), t:index_select({ 3 }, 2))
            print(t:to_table()[2][1], tensor.new(4):to_table())
            """)
        #expect(
            printed == """
                2.0\t6.0\t6.0\t2\t4.0
                Tensor [1, 3]:
                  4.0, 5.0, 6.0\tTensor [2, 2]:
                  2.0, 3.0
                  5.0, 6.0
                Tensor [2]: 1.0, 4.0\tTensor [3]: 1.0, 2.0, 3.0
                Tensor [2, 3]:
                  10.0, 2.0, 0.0
                  7.0, 8.0, 0.0
                Tensor [3]: 5.0, 2.0, 6.0\tTensor [2, 3]:
                  7.0, 8.0, 0.0
                  10.0, 2.0, 0.0\tTensor [2, 1]:
                  0.0
                  0.0
                7.0\t4.0
                """)
    }

    @Test("reductions give a number, or a tensor along a dimension that can be kept")
    func reductions() throws {
        let printed = try ModuleScript.printed(
            """
            local t = tensor.new { {1, 2, 6}, {4, 5, 3} }
            print(t:sum(), t:mean(), t:max(), t:min(), t:argmax(), t:argmin())
            print(t:sum(1), t:sum(-1), t:sum(2, true).shape[2], t:max({1, 2}).rank, t:argmax(2))
            print(tensor.new { 1, 3 }:std(nil, { correction = 0 }), t:var())
            print(t:softmax():sum(2):is_close(1), t:log_softmax(1):exp():sum(1):is_close(1))
            """)
        #expect(
            printed == """
                21.0\t3.5\t6.0\t1.0\t3\t1
                Tensor [3]: 5.0, 7.0, 9.0\tTensor [2]: 9.0, 12.0\t1\t0\tTensor [2]: 3.0, 2.0
                1.0\t3.5
                true\ttrue
                """)
    }

    @Test("shapes are rearranged and tensors are joined")
    func shapes() throws {
        let printed = try ModuleScript.printed(
            """
            local t = tensor.range(6):reshape { 2, -1 }
            print(t:transpose(), t:transpose(1, -1).shape[1], t:permute { 2, 1 }:flatten())
            print(t:unsqueeze(1).rank, t:unsqueeze(-1):squeeze():equal(t), t:size(2), t:reshape(6).rank)
            print(tensor.concat({ t, t }).shape[1], tensor.concat({ t, t }, 2).shape[2], tensor.stack({ t, t }, -1).shape[3])
            print(t:matmul(t:transpose()), t:matmul(tensor.ones(3)), tensor.ones(3):matmul(tensor.ones(3)))
            print(tensor.new { 1, 2 }:broadcast_to { 2, 2 })
            """)
        #expect(
            printed == """
                Tensor [3, 2]:
                  1.0, 4.0
                  2.0, 5.0
                  3.0, 6.0\t3\tTensor [6]: 1.0, 4.0, 2.0, 5.0, 3.0, 6.0
                3\ttrue\t3\t1
                4\t6\t2
                Tensor [2, 2]:
                  14.0, 32.0
                  32.0, 77.0\tTensor [2]: 6.0, 15.0\t3.0
                Tensor [2, 2]:
                  1.0, 2.0
                  1.0, 2.0
                """)
    }

    @Test("errors name the script's line, what was expected and what was got", arguments: errorCases)
    func errors(script: String, message: String) { #expect(ModuleScript.message(script) == message) }

    static let errorCases: [(String, String)] = [
        (
            "local t = tensor.zeros { 2, 3 }\nt:mul(tensor.zeros { 4 })",
            "task.lua:2: bad argument #1 to 'mul' (shape mismatch: expected [2, 3], got [4])"
        ),
        ("tensor.zeros(3.5)", "task.lua:1: bad argument #1 to 'zeros' (number has no integer representation)"),
        (
            "tensor.zeros { 2, 3 }:reshape { 4 }",
            "task.lua:1: bad argument #1 to 'reshape' (shape mismatch: expected [4], got [2, 3])"
        ),
        (
            "tensor.zeros { 2 }:sum(2)",
            "task.lua:1: bad argument #1 to 'sum' (dimension 2 is outside a tensor of rank 1)"
        ),
        ("local x = tensor.zeros { 2 }[3]", "task.lua:1: index 3 is outside a dimension of 2"),
        ("local x = tensor.zeros { 2 }[0]", "task.lua:1: index 0 is outside a dimension of 2"),
        (
            "tensor.normal({2}, { size = 2 })",
            "task.lua:1: unknown field 'size' in rledit.tensor.normal; fields: "
                + "mean, std, seed"
        ),
        (
            "tensor.uniform({2}, { hihg = 2 })",
            "task.lua:1: unknown field 'hihg' in rledit.tensor.uniform (did you mean 'high'?); fields: low, high, seed"
        ),
        (
            "local x = tensor.zeross",
            "task.lua:1: module 'rledit.tensor' has no 'zeross' (did you mean 'zeros'?); it has: new, zeros, ones, "
                + "full, eye, range, linspace, uniform, normal, concat, stack"
        ),
        (
            "tensor.zeros(2).mean()",
            "task.lua:1: calling 'mean' on bad self (rledit.Tensor expected, got no value); "
                + "call it with a colon: tensor:mean()"
        ),
        (
            "tensor.zeros(2):summ()",
            "task.lua:1: rledit.Tensor has no field 'summ' (did you mean 'sum'?); fields and "
                + "methods: sum, add, add_, sub, sub_, mul, mul_, div, div_, pow, pow_, maximum, maximum_, minimum, "
                + "minimum_, eq, ne, lt, le, gt and 56 more"
        ),
        (
            "local x = tensor.zeros(2) + 'a'", "task.lua:1: attempt to use '+' on a rledit.Tensor and a string"
        ),
        (
            "local x = tensor.zeros(2) + tensor.zeros(3)",
            "task.lua:1: cannot use '+' on these tensors (shape mismatch: expected [2], got [3])"
        ),
        (
            "tensor.new { {1, 2}, {3} }",
            "task.lua:1: bad argument #1 to 'new' (rows differ in shape: expected [2], got [1] in [2])"
        ),
        (
            "tensor.new { {1, 2}, {3, 'x'} }",
            "task.lua:1: bad argument #1 to 'new' (bad element #2 (number expected, got string) in [2])"
        ),
        (
            "local t = tensor.zeros { 2, 2 }; t[1][1] = 5",
            "task.lua:1: this tensor is a copy made by t[i], so changing it would not change t; write t[{i, j}] = value "
                + "or t[i] = value, or call clone() first"
        ),
    ]

    @Test("numbers that are huge, negative or NaN raise and never end the process", arguments: extremeCases)
    func extremes(script: String) { #expect(ModuleScript.message(script).hasPrefix("task.lua:1: ")) }

    static let extremeCases = [
        "tensor.zeros(math.maxinteger)", "tensor.zeros(math.mininteger)", "tensor.zeros { 1 << 40, 1 << 40 }",
        "tensor.zeros(1 << 39)", "tensor.zeros { 1 << 40, 0 }", "tensor.eye(1 << 30)", "tensor.range(1e30)",
        "tensor.range(0/0)", "tensor.range { first = 0, last = 1, step = 1e-300 }",
        "tensor.linspace { first = 0, last = 1, count = math.maxinteger }",
        "tensor.ones(1 << 20):unsqueeze(1):mul(tensor.ones { 1 << 20, 1 })",
        "local x = tensor.ones(1 << 20):reshape { 1, -1 } + tensor.ones { 1 << 20, 1 }",
        "tensor.ones { 1 << 20, 1 }:matmul(tensor.ones { 1, 1 << 20 })",
        "tensor.ones(2):broadcast_to { 1 << 38, 2 }", "tensor.ones(2):reshape { -1, -1 }",
        "tensor.ones(2):reshape { 1 << 62, 1 << 62 }", "tensor.zeros { 0 }:reshape { 1 << 40, 0 }",
        "tensor.ones(2):sum(math.mininteger)", "tensor.ones(2):slice(math.mininteger, math.maxinteger)",
        "local x = tensor.ones(2)[math.mininteger]",
        "local x = tensor.ones(2)[{ {math.maxinteger, math.mininteger} }]", "local x = tensor.ones(2)[0/0]",
        "tensor.ones(2):unsqueeze(math.mininteger)", "tensor.ones(2):std(nil, { correction = math.maxinteger })",
        "local t, list = tensor.ones(1 << 20), {} for i = 1, 1000 do list[i] = t end tensor.concat(list)",
        "local deep = {} for i = 1, 100 do deep = { deep } end tensor.new(deep)",
        "local loop = {} loop[1] = loop tensor.new(loop)", "tensor.ones(2):clamp(2, 1)",
    ]

    @Test("tensors count against the memory limit, and dropped ones are collected")
    func memory() throws {
        var limits = LuaLimits()
        limits.memoryBytes = 64 << 20
        let keep = "local list = {} for i = 1, 100 do list[i] = tensor.zeros(1 << 18) end"
        #expect(ModuleScript.message(keep, limits: limits).contains("not enough memory"))
        let drop = "for i = 1, 300 do local t = tensor.zeros(1 << 18) end"
        #expect(ModuleScript.message(drop, limits: limits) == "no error; printed: ")
    }
}
