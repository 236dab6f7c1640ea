public import RLEditNN
internal import RLEditTensor

extension Evaluator {
    /// The network with these edits applied: a new value that shares everything that was not edited.
    ///
    /// The evaluator's own network is not changed. An unedited layer shares its storage.
    /// - Parameter edits: one per layer, in the order of ``layers``.
    /// - Throws: ``WorldError/invalidEdit(layer:message:)`` for an edit of another shape than its layer.
    public func editedNetwork(_ edits: [LayerEdit]) throws -> Network {
        try requireFit(edits)
        var edited = network
        for (edit, layer) in zip(edits, layers) { try edited.apply(edit, to: layer) }
        return edited
    }
}
