// Lua for Swift. How to bind a module:
//
//     // 1. Name the Swift types that scripts see as objects.
//     extension Tensor: LuaBound { static var luaName: String { "rledit.Tensor" } }
//
//     // 2. Say what they can do. Values can then be arguments, fields and results like numbers and strings.
//     try host.register(Tensor.self) { type in
//         type.documentation(in: "rledit.tensor", "An array of numbers.")
//         type.method("sum", "Sum of all elements.\n@return number") { tensor, call in try call.returns(tensor.sum()) }
//         type.mutatingMethod("fill_", "Sets all elements.\n@param value number\n@return rledit.Tensor self") {
//             tensor, call in
//             tensor.fill(try call.number(1))
//             return call.returnsSelf()
//         }
//         type.property("shape", "integer[] size of each dimension") { tensor, call in try call.returns(tensor.shape) }
//         type.element("number") { tensor, index, call in try call.returns(tensor.element(index)) }
//         type.operation(.add, "(rledit.Tensor): rledit.Tensor") { call in
//             try call.returns(call.argument(1, as: Tensor.self) + call.argument(2))
//         }
//         type.length { $0.count }
//         type.description { "tensor of shape \($0.shape)" }
//         type.nativeBytes { $0.byteCount }
//     }
//
//     // 3. Build the module. `require "rledit.tensor"` runs the closure once; scripts get a read-only view.
//     host.addModule("rledit.tensor") { module in
//         module.documentation("Arrays of numbers.")
//         module.function("zeros", "All elements 0.\n@param count integer\n@return rledit.Tensor") { call in
//             try call.returns(Tensor.zeros(try call.integer(1)))
//         }
//         module.types("@class rledit.RangeOptions\n@field first integer\n@field step integer? 1 by default")
//         module.function("range", "Numbers at equal distances.\n@param options rledit.RangeOptions") { call in
//             let options = try call.options(1, of: "rledit.tensor.range")
//             let first = try options.required("first", as: Int.self)
//             let step = try options.optional("step", as: Int.self) ?? 1
//             try options.finish()                        // refuses unknown fields by name
//             return try call.returns(Tensor.range(first, step))
//         }
//         try module.constant("epsilon", "number", 1e-7)
//     }
//
// The texts are the documentation that scripts' authors read: annotation files are made from them (`LuaDocumentation`).
//
// A bound function throws any Swift error to raise: the script sees `file:line: description`. Use
// `call.argumentError(2, "must be positive")` and `options.fieldError("rank", "must be positive")` for values out of
// range. An error that no script catches comes back from `runMain` or `LuaFunction.call` as a `LuaError`, whose
// `underlying` is the Swift error that began it.
//
// Reading and pushing go through two protocols: `LuaReadable` (Int, Double, Float, Bool, String, LuaString, LuaTable,
// LuaFunction, LuaObject, LuaValue and every `LuaBound` type) and `LuaPushable` (the same, optionals and arrays). A type of
// one's own may conform: a schedule, say, that is read from a number or a function.
//
// Calling back: keep a `LuaFunction` (`call.function(1)`), and call it:
//
//     let reward = try function.callNumber(metrics)               // one argument, one number, nothing allocated
//     try function.call(with: metrics, resultCount: 2) { results in
//         let reward = try results.number(1)
//         let terms = try results.read(2, as: LuaTable.self)      // nil when absent
//     }
//
// Iterate tables by `table.sortedKeys()` or as `table.plain()`: the order of `next` differs from run to run. (`pairs` in
// scripts is sorted for the same reason.)
//
// Every call from Swift has a callback budget of its own, and everything runs on the thread that made the host:
//
//     try LuaThread.run {
//         try LuaHost.with(mode: .sandboxed, limits: limits) { host in
//             host.modules.scriptDirectory = "examples"
//             let results = try host.runMain(bytes, path: "examples/task.lua")
//         }
//     }
//
// What this interface guarantees is described in CLuaShims.h: only C raises, the allocator never fails, every call that
// may run a metamethod is protected.
