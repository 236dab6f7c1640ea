import CLibFuzzer
import Foundation
import RLEditTestSupport

// Gives one of the readers to libFuzzer: `rledit-fuzz READER [options of libFuzzer] [folders of inputs]`.
// Built by scripts/fuzz only; see FuzzedReader for what counts as a finding.

guard CommandLine.arguments.count > 1, let chosen = FuzzedReader(rawValue: CommandLine.arguments[1]) else {
    let known = FuzzedReader.allCases.map(\.rawValue).joined(separator: ", ")
    FileHandle.standardError.write(Data("usage: rledit-fuzz READER [ARGUMENT …]; readers: \(known)\n".utf8))
    exit(2)
}
let reader = chosen
let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("rledit-fuzz-\(getpid())").path

// libFuzzer leaves by exit(3).
atexit { unlink(scratch) }

// libFuzzer keeps the arguments: these copies live as long as the process. The reader's name is not for it.
var passedOn = CommandLine.arguments
passedOn.remove(at: 1)
var count = Int32(passedOn.count)
var arguments = passedOn.map { strdup($0) } + [nil]
let status = arguments.withUnsafeMutableBufferPointer { buffer in
    var start = buffer.baseAddress
    return LLVMFuzzerRunDriver(&count, &start) { data, size in
        do { _ = try reader.read(Array(UnsafeBufferPointer(start: data, count: size)), scratch: scratch) } catch {
            // An error thrown here is a finding; libFuzzer learns of one by a trap.
            fatalError("\(error)")
        }
        return 0
    }
}
exit(status)
