import AppCore
import ExecuTorch
import Foundation
import QACore

/// A .pte on the CPU, through ExecuTorch's XNNPACK delegate; the file is mapped, not read.
///
/// ExecuTorch has no call for the number of threads in Swift: it takes its own choice.
public final class ExecuTorchEngine: Engine {
  private let interface: ModelInterface
  private let module: Module
  private var method = ""
  private var inputs: [ValueConvertible] = []
  private var outputs: [Value] = []

  /// Throws where the file or one of its methods does not load.
  public init(_ file: URL, _ interface: ModelInterface) throws {
    self.interface = interface
    module = Module(filePath: file.path, loadMode: .mmap)
    for entry in interface.entries { try module.load(entry.name) }
  }

  public func write(_ entry: Entry, length: Int, inputs: [String: [Int32]]) throws {
    method = entry.name
    self.inputs = try interface.inputs.map { tensor in
      guard let values = inputs[tensor.name] else { throw QAError("no input '\(tensor.name)'") }
      switch tensor.dtype {
      case "int64": return Tensor<Int64>(values.map(Int64.init), shape: [1, length])
      case "int32": return Tensor<Int32>(values, shape: [1, length])
      default: throw QAError("'\(tensor.name)' is \(tensor.dtype); this app gives int32 and int64")
      }
    }
  }

  public func invoke() throws {
    outputs = try module.execute(method, inputs)
  }

  public func read() throws -> [String: [Float]] {
    guard outputs.count == interface.outputs.count else {
      throw QAError(
        "\(method) returned \(outputs.count) outputs, expected \(interface.outputs.count)")
    }
    var found: [String: [Float]] = [:]
    for (spec, value) in zip(interface.outputs, outputs) {
      guard let tensor: Tensor<Float> = value.tensor() else {
        throw QAError("output '\(spec.name)' is no float32 tensor")
      }
      found[spec.name] = tensor.scalars()
    }
    return found
  }
}
