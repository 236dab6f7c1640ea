import ArgumentParser
import Foundation
import RLEditLua
import RLEditRuns

/// `rledit-lua apply POLICY MODEL`: edit a model at once by a policy that somebody has trained.
struct ApplyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Edit a model by a trained policy, without any training.",
        discussion: """
            The sets say what the network is to forget and what it is to keep; a few examples of each are enough. A set is \
            a .safetensors file with the tensors 'inputs' and 'labels', or 'digits' (MNIST where it is found, else \
            generated), then what to take of it: train or test (digits), class=N, class!=N, take=N, with colons between.

            EXAMPLES:
              rledit-lua apply forget.policy.safetensors model.safetensors \\
                --set forget=digits:class=7:take=500 --set retain=digits:class!=7:take=2000
              rledit-lua apply policy.safetensors model.safetensors --set forget=bad.safetensors \\
                --set retain=good.safetensors --refine 10 --out edited.safetensors
            """)

    @Argument(help: "The policy: policy.safetensors of a run, or a file that somebody shares.", completion: .file())
    var policy: String

    @Argument(help: "The model's file: .safetensors as model:save and runs write it, or .onnx.", completion: .file())
    var model: String

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "A set that the policy looks at, as above. Needed: forget and retain.", valueName: "name=source"))
    var sets: [String] = []

    @Option(
        name: .customLong("heldout"),
        help: ArgumentHelp("A set to measure the edited model on, as above.", valueName: "name=source"))
    var heldOut: [String] = []

    @Option(
        help: ArgumentHelp(
            "The layer to edit; may be repeated. (default: those that the policy was trained on)", valueName: "name"))
    var layer: [String] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Spend at most N evaluations of the reward, and take the best of as many edits.", valueName: "n"))
    var refine: Int?

    @Option(
        help: ArgumentHelp(
            "What --refine varies: scale, how far to go, or samples, the direction. (default: scale)", valueName: "what"
        ))
    var refineBy: String?

    @Option(
        help: ArgumentHelp("The edited model's file. (default: MODEL-edited.safetensors, or .onnx)", valueName: "file"))
    var out: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("Seed of what --refine-by samples draws.", valueName: "n"))
    var seed = 0

    @Option(help: ArgumentHelp("Folder in which MNIST is looked for first.", valueName: "folder"))
    var data: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Pieces of work at the same time; changes no result. (default: all cores)", valueName: "n"))
    var workers: Int?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        try OutputOptions.validate(seed: seed)
        if out == "" { throw ValidationError("--out is empty: name a file, or leave it out.") }
        if let workers, workers < 1 || workers > 1024 {
            throw ValidationError("--workers must be from 1 to 1024, got \(workers).")
        }
        if let refine, refine < 1 || refine > 10_000 {
            throw ValidationError("--refine must be from 1 to 10000, got \(refine).")
        }
        if let refineBy {
            guard PolicyApplication.Search(rawValue: refineBy) != nil else {
                let known = PolicyApplication.Search.allCases.map(\.rawValue).joined(separator: " or ")
                throw ValidationError("--refine-by must be \(known), got '\(refineBy)'.")
            }
            if refine == nil { throw ValidationError("--refine-by needs --refine.") }
        }
        do { _ = try specifications() } catch { throw ValidationError("\(error).") }
    }

    private func specifications() throws -> (sets: [SetSpecification], heldOut: [SetSpecification]) {
        (
            try sets.map { try SetSpecification($0) },
            try heldOut.map { try SetSpecification($0, option: "--heldout") }
        )
    }

    func run() throws {
        _ = StopSignals(clock: RunClock(), effect: .endsProcess)
        let (sets, heldOut) = try specifications()
        let search = refineBy.flatMap(PolicyApplication.Search.init(rawValue:)) ?? .scale
        let request = ApplyRequest(
            policy: policy, model: model, sets: sets, heldOut: heldOut, layers: layer.isEmpty ? nil : layer,
            refinement: refine.map { ($0, search) }, output: out, seed: seed, data: data,
            workers: workers ?? ProcessInfo.processInfo.activeProcessorCount)
        let outcome = try request.run()
        if !output.quiet { for warning in outcome.warnings { Terminal.note("warning: \(warning)") } }
        output.show(table: outcome.text, json: outcome.json)
        if output.strict, !outcome.warnings.isEmpty { throw RunError.warnings(count: outcome.warnings.count) }
    }
}
