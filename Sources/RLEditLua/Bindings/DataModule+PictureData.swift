internal import LuaBridge
internal import RLEditData
internal import RLEditRuns

/// What `rledit.data.digits`, `objects` and their relatives return: a training set, a test set, their classes, and where they come from.
struct ScriptPictures: LuaBound {
    static var luaName: String { "rledit.Pictures" }
    let data: PictureData
    /// The objects that scripts see: reading a field twice gives the same one.
    let train: LuaObject
    let test: LuaObject

    init(_ data: PictureData, host: LuaHost) throws {
        func object(_ set: ExampleSet) throws -> LuaObject {
            try host.makeObject(ScriptSet(examples: set, inputBytes: set.inputBytes))
        }
        self.data = data
        train = try object(data.train)
        test = try object(data.test)
    }
}

extension HostModules {
    /// Functions of `rledit.data` that give training and test images of digits.
    static func addDigits(to module: LuaModule, context: ScriptContext) {
        module.function(
            "digits",
            """
            MNIST if a data root holds it, else generated digits; the field `source` says which.
            @return rledit.Pictures
            """
        ) { call in
            try call.options(1, of: "rledit.data.digits").finish()
            let data = try told { try Digits.digits(locations: context.locations, pool: context.pool) }
            if data.source == "generated" { context.hasStandInDigits = true }
            return try returns(data, call, context)
        }
        module.function(
            "mnist",
            """
            The 60,000 training and 10,000 test images of MNIST. Raises when a data root does not hold it, and names
            the command that fetches it.
            @return rledit.Pictures
            """
        ) { call in
            try call.options(1, of: "rledit.data.mnist").finish()
            return try returns(try told { try Digits.mnist(locations: context.locations) }, call, context)
        }
        module.function(
            "generated_digits",
            """
            Digits drawn from strokes with random pose, thickness and noise: 28×28 grey images, the same on every
            machine for a seed. By default 20,000 for training and 4,000 for testing, of seed 0.
            @param options? { seed: integer?, train: integer?, test: integer? }
            @return rledit.Pictures
            """
        ) { call in
            let options = try call.options(1, of: "rledit.data.generated_digits")
            let seed = try options.optional("seed", as: Int.self).map { UInt64(bitPattern: Int64($0)) }
            let train = try options.optional("train", as: Int.self) ?? Digits.defaultTrainCount
            let test = try options.optional("test", as: Int.self) ?? Digits.defaultTestCount
            try options.finish()
            for (name, count) in [("train", train), ("test", test)] where count < 0 || count > 10_000_000 {
                throw options.fieldError(name, "between 0 and 10000000 expected, got \(count)")
            }
            // An image of 28 × 28 bytes weighs as much as 196 floats.
            try call.host.checkRoom(forElements: (train + test) * 196)
            return try returns(
                try told {
                    try Digits.generated(
                        seed: seed ?? Digits.defaultSeed, trainCount: train, testCount: test, pool: context.pool)
                }, call, context)
        }
    }

    /// Functions of `rledit.data` that give training and test pictures.
    static func addPictureData(to module: LuaModule, context: ScriptContext) {
        module.function(
            "objects",
            """
            CIFAR-10 if a data root holds it, else generated pictures of ten shapes; the field `source` says which.
            @param options? { normalize: rledit.Normalization? }
            @return rledit.Pictures
            """
        ) { call in
            let options = try call.options(1, of: "rledit.data.objects")
            let normalization = try normalization(options, channels: 3)
            try options.finish()
            let data = try told {
                try Objects.objects(normalization: normalization, locations: context.locations, pool: context.pool)
            }
            if data.source == "generated objects" { context.hasStandInObjects = true }
            return try returns(data, call, context)
        }
        module.function(
            "cifar10",
            """
            The 50,000 training and 10,000 test pictures of CIFAR-10 in its binary version, or from an archive of JPEGs,
            `cifar10/cifar10-jpeg.tar.gz`. Raises when a data root holds neither, and names the command that fetches it.
            @param options? { normalize: rledit.Normalization? }
            @return rledit.Pictures
            """
        ) { call in
            let options = try call.options(1, of: "rledit.data.cifar10")
            let normalization = try normalization(options, channels: 3)
            try options.finish()
            return try returns(
                try told {
                    try CIFAR.cifar10(normalization: normalization, locations: context.locations, pool: context.pool)
                }, call, context)
        }
        module.function(
            "cifar100",
            """
            The 50,000 training and 10,000 test pictures of CIFAR-100 in its binary version, from `cifar100` or
            `cifar-100-binary` in a data root. With `coarse`, the labels are those of the 20 groups of classes.
            @param options? { coarse: boolean?, normalize: rledit.Normalization? }
            @return rledit.Pictures
            """
        ) { call in
            let options = try call.options(1, of: "rledit.data.cifar100")
            let isCoarse = try options.optional("coarse", as: Bool.self) ?? false
            let normalization = try normalization(options, channels: 3)
            try options.finish()
            return try returns(
                try told {
                    try CIFAR.cifar100(isCoarse: isCoarse, normalization: normalization, locations: context.locations)
                }, call, context)
        }
        module.function(
            "generated_objects",
            """
            Coloured shapes in random pose, colour and light: 32×32 pictures in ten classes, the same on every machine for a
            seed. By default 10,000 for training and 2,000 for testing, of seed 0.
            @param options? { seed: integer?, train: integer?, test: integer?, normalize: rledit.Normalization? }
            @return rledit.Pictures
            """
        ) { call in
            let options = try call.options(1, of: "rledit.data.generated_objects")
            let seed = try options.optional("seed", as: Int.self).map { UInt64(bitPattern: Int64($0)) }
            let train = try options.optional("train", as: Int.self) ?? Objects.defaultTrainCount
            let test = try options.optional("test", as: Int.self) ?? Objects.defaultTestCount
            let normalization = try normalization(options, channels: 3)
            try options.finish()
            for (name, count) in [("train", train), ("test", test)] where count < 0 || count > 1_000_000 {
                throw options.fieldError(name, "between 0 and 1000000 expected, got \(count)")
            }
            // A picture of 3 × 32 × 32 bytes weighs as much as 768 floats.
            try call.host.checkRoom(forElements: (train + test) * 768)
            return try returns(
                try told {
                    try Objects.generated(
                        seed: seed ?? Objects.defaultSeed, trainCount: train, testCount: test,
                        normalization: normalization, pool: context.pool)
                }, call, context)
        }
    }

    static func registerPictures(with host: LuaHost) throws {
        try host.register(ScriptPictures.self) { type in
            type.documentation(in: "rledit.data", "Training and test pictures of the same classes.")
            type.property(
                "source", "string `mnist`, `generated`, `cifar10`, `cifar10-jpeg`, `cifar100` or `generated objects`"
            ) {
                value, call in
                try call.returns(value.data.source)
            }
            type.property("hash", "string SHA-256 of both sets") { value, call in try call.returns(value.data.hash) }
            type.property("classes", "string[] names of the labels: label 0 has the first") { value, call in
                try call.returns(value.data.classes)
            }
            type.property("train", "rledit.Set examples to learn from") { value, call in try call.returns(value.train) }
            type.property("test", "rledit.Set examples held out") { value, call in try call.returns(value.test) }
            type.description {
                "pictures (\($0.data.source)): train \($0.data.train.count), test \($0.data.test.count), "
                    + "\($0.data.classes.count) classes"
            }
        }
    }

    private static func returns(_ data: PictureData, _ call: LuaCall, _ context: ScriptContext) throws -> LuaResults {
        context.noteUse(of: Manifest.DataSource(name: data.source, file: nil, hash: data.hash))
        return try call.returns(try ScriptPictures(data, host: call.host))
    }
}
