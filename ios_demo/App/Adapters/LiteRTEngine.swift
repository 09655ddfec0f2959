// LiteRT's Swift interface comes as the pod TensorFlowLiteSwift; an app without it has no LiteRT.
#if canImport(TensorFlowLite)
  import AppCore
  import Foundation
  import QACore
  import TensorFlowLite

  /// A .tflite on the CPU, through LiteRT's interpreter; the file is mapped, not read.
  public final class LiteRTEngine: Engine {
    private let interface: ModelInterface
    private let interpreter: Interpreter
    private var runners: [String: SignatureRunner] = [:]
    private var current: SignatureRunner?
    private var inputs: [String: Data] = [:]

    /// Throws where the file does not load.
    public init(_ file: URL, _ interface: ModelInterface, threads: Int) throws {
      self.interface = interface
      var options = Interpreter.Options()
      options.threadCount = threads
      options.isXNNPackEnabled = true
      interpreter = try Interpreter(modelPath: file.path, options: options)
    }

    public func write(_ entry: Entry, length: Int, inputs: [String: [Int32]]) throws {
      let runner = try runners[entry.name] ?? interpreter.signatureRunner(with: entry.name)
      runners[entry.name] = runner
      current = runner
      for tensor in interface.inputs where tensor.dtype != "int32" {
        throw QAError("'\(tensor.name)' is \(tensor.dtype); this app gives LiteRT int32")
      }
      self.inputs = inputs.mapValues { values in values.withUnsafeBytes { Data($0) } }
    }

    /// The interpreter copies the inputs in this call too: some microseconds.
    public func invoke() throws {
      guard let current else { throw QAError("nothing was written") }
      try current.invoke(with: inputs)
    }

    public func read() throws -> [String: [Float]] {
      guard let current else { throw QAError("nothing was written") }
      var found: [String: [Float]] = [:]
      for spec in interface.outputs {
        let data = try current.output(named: spec.name).data
        var values = [Float](repeating: 0, count: data.count / MemoryLayout<Float>.stride)
        _ = values.withUnsafeMutableBytes { data.copyBytes(to: $0) }
        found[spec.name] = values
      }
      return found
    }
  }
#endif
