internal import RLEditData
package import RLEditNN

extension SafetensorsFile {
    /// The tensors of a file that `torch.save` wrote, in memory, as a safetensors file holds them.
    package init(torch path: String) throws {
        let file = try PyTorchFile(path: path)
        self.init(named: path)
        for entry in file.entries {
            try setBytes(entry.name, entry.bytes, elementType: ElementType(name: entry.type), shape: entry.shape)
        }
    }
}
