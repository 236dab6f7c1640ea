internal import Foundation
internal import LuaBridge
internal import RLEditTensor

/// The random streams that a script draws from go into checkpoints with its state.
extension ScriptContext {
    private static var streams: [(name: String, path: ReferenceWritableKeyPath<ScriptContext, RandomStream>)] {
        [("lua", \.luaRandom), ("tensor", \.tensorRandom)]
    }

    /// Positions by stream name, as plain text.
    func encodedStreams() throws -> [(name: String, text: String)] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return try ScriptContext.streams.map { stream in
            (stream.name, String(decoding: try encoder.encode(self[keyPath: stream.path]), as: UTF8.self))
        }
    }

    /// - Throws: ``ScriptStateError`` when a stream is missing.
    func restoreStreams(_ table: LuaTable) throws {
        for stream in ScriptContext.streams {
            guard let text = try table.get(stream.name, as: String.self),
                let restored = try? JSONDecoder().decode(RandomStream.self, from: Data(text.utf8))
            else { throw ScriptState.damaged }
            self[keyPath: stream.path] = restored
        }
    }
}
