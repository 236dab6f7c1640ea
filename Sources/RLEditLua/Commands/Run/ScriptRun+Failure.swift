internal import RLEditNN
internal import RLEditRuns
internal import RLEditWorlds

/// What a run that ends with an error keeps, and how to go on with it.
extension ScriptRun {
    /// Whether results can be written after an error: not after one of the disk.
    func canKeepResults(after error: any Error) -> Bool {
        if error is FileError || error is RunFolderError { return false }
        if case .unwritable? = (error as? SafetensorsError)?.fault { return false }
        return true
    }

    /// Notes how to go on after an error.
    /// - Parameter isBegun: whether the run has found anything; one that has not starts over when its fault is fixed.
    func advise(after error: any Error, _ folder: RunFolder, isBegun: Bool) {
        guard isBegun, folder.absence == nil else { return }
        guard (error as? any InvalidRewardError)?.isInvalidReward == true else {
            return advice.append(resumeLine(folder))
        }
        advice.append(
            "\(resumeLine(folder)) --on-invalid-reward worst, which counts such a candidate as the worst so far")
    }

    /// - Parameter folder: of the seed; the run's own counts where there are several.
    func resumeLine(_ folder: RunFolder) -> String {
        "continue with: " + ShellCommand.text(["rledit-lua", "--resume", top?.path ?? folder.path])
    }
}
