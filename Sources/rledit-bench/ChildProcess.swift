internal import Foundation

/// A program that could not be run.
struct ProcessFailure: Error, CustomStringConvertible {
    let description: String
}

/// A program under the clock: started by `posix_spawn`, waited for with its resource usage.
final class ChildProcess {
    struct Result {
        /// From the start to the end.
        let seconds: Double
        /// From the start to the first byte of output; nil when there was none.
        let secondsToFirstByte: Double?
        /// Largest resident set.
        let peakBytes: Int
    }

    private let identifier: pid_t
    private let started: ContinuousClock.Instant
    private let input: Int32
    private let output: Int32
    private let name: String

    /// - Parameter environment: changes to this process's own.
    init(_ arguments: [String], environment changes: [String: String] = [:]) throws {
        guard let program = arguments.first else { throw ProcessFailure(description: "no program is named") }
        name = arguments.joined(separator: " ")
        var toChild: [Int32] = [0, 0]
        var fromChild: [Int32] = [0, 0]
        guard pipe(&toChild) == 0, pipe(&fromChild) == 0 else {
            throw ProcessFailure(description: "no pipe for \(name)")
        }
        // The parent's ends must not stay open in a child, which would then never see the end of its input.
        for descriptor in [toChild[1], fromChild[0]] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, toChild[0], STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, fromChild[1], STDOUT_FILENO)
        for descriptor in [toChild[0], fromChild[1]] { posix_spawn_file_actions_addclose(&actions, descriptor) }

        let environment = ProcessInfo.processInfo.environment.merging(changes) { _, new in new }
        var argumentList: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        var environmentList: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") }
        defer { for text in argumentList + environmentList { free(text) } }
        argumentList.append(nil)
        environmentList.append(nil)
        var child: pid_t = 0
        started = ContinuousClock.now
        let status = posix_spawnp(&child, program, &actions, nil, argumentList, environmentList)
        close(toChild[0])
        close(fromChild[1])
        input = toChild[1]
        output = fromChild[0]
        identifier = child
        guard status == 0 else {
            close(input)
            close(output)
            throw ProcessFailure(description: "cannot start \(name): \(String(cString: strerror(status)))")
        }
    }

    /// Reads the output to its end and waits.
    func finish() throws -> Result {
        close(input)
        var firstByte: Double?
        var buffer = [UInt8](repeating: 0, count: 4096)
        while read(output, &buffer, buffer.count) > 0 {
            if firstByte == nil { firstByte = (ContinuousClock.now - started) / .seconds(1) }
        }
        close(output)
        var status: Int32 = 0
        var usage = rusage()
        guard wait4(identifier, &status, 0, &usage) == identifier else {
            throw ProcessFailure(description: "lost \(name)")
        }
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        guard status == 0 else { throw ProcessFailure(description: "\(name) failed (wait status \(status))") }
        return Result(seconds: seconds, secondsToFirstByte: firstByte, peakBytes: Int(usage.ru_maxrss) * 1024)
    }

    /// Sends a line and reads the line that answers it.
    func ask(_ question: String) throws -> String {
        let line = Array("\(question)\n".utf8)
        guard write(input, line, line.count) == line.count else {
            throw ProcessFailure(description: "\(name) takes no more questions")
        }
        var answer: [UInt8] = []
        var byte: UInt8 = 0
        while read(output, &byte, 1) == 1 {
            if byte == 0x0A { return String(decoding: answer, as: UTF8.self) }
            answer.append(byte)
        }
        throw ProcessFailure(description: "\(name) ended before it answered '\(question)'")
    }
}
