internal import LuaBridge

extension HostModules {
    /// Functions of `rledit.models` that are Lua files inside the program: each builds a network by `rledit.nn.graph`, as a
    /// user would. A file begins with its documentation in annotations and returns the function.
    static func addArchitectures(to module: LuaModule, of host: LuaHost) {
        let files: [(name: String, text: [UInt8])] = [
            ("resnet_cifar", PackageResources.resnet_cifar_lua), ("resnet", PackageResources.resnet_lua),
            ("vgg", PackageResources.vgg_lua), ("mobilenet_v2", PackageResources.mobilenet_v2_lua),
            ("bert", PackageResources.bert_lua), ("distilbert", PackageResources.distilbert_lua),
            ("vit", PackageResources.vit_lua),
        ]
        for (name, text) in files {
            // Read when the model is first asked for.
            var builder: LuaFunction?
            module.function(name, documentation(of: text)) { [unowned host] call in
                try call.atMost(1)
                let build = try builder ?? function(in: text, named: "rledit.models.\(name)", host)
                builder = build
                return try call.returns(list: build.call([call.value(1)]))
            }
        }
    }

    /// What a file's chunk returns, given the function that reads settings.
    private static func function(in text: [UInt8], named name: String, _ host: LuaHost) throws -> LuaFunction {
        func run(_ text: [UInt8], _ name: String, _ arguments: [LuaValue]) throws -> LuaFunction {
            let results = try host.compile(text, chunkName: "=" + name).call(arguments)
            guard case .function(let function)? = results.first else {
                throw LuaUsageError("\(name) returns no function")
            }
            return function
        }
        let read = try run(PackageResources.settings_lua, "rledit.models", [])
        return try run(text, name, [.function(read)])
    }

    /// The comment that a file begins with: prose and tags.
    private static func documentation(of text: [UInt8]) -> String {
        String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .prefix { $0.hasPrefix("---") }
            .map { $0.dropFirst($0.hasPrefix("--- ") ? 4 : 3) }
            .joined(separator: "\n")
    }
}
