internal import LuaBridge
internal import RLEditBaselines

/// What a baseline came to, as scripts hold it: `rledit.Baseline`.
struct ScriptBaseline: LuaBound {
    static var luaName: String { "rledit.Baseline" }
    let result: BaselineResult
    /// The new model; all that read it see the same one.
    let model: ScriptModel
}
