import CLiteRT
import QACore

/// A .tflite of a bundle, run by LiteRT on the CPU of this computer.
///
/// Made for checks: one thread uses it at a time, and nothing is taken from the phone's adapter.
public final class LiteRTModel {
  private let interface: ModelInterface
  private var handles = Handles()
  private var signatures: [String: Signature] = [:]

  /// Throws `QAError` with the name of the library's function that failed.
  public init(path: String, interface: ModelInterface) throws {
    self.interface = interface
    try call("LiteRtCreateEnvironment", LiteRtCreateEnvironment(0, nil, &handles.environment))
    try call(
      "LiteRtCreateModelFromFile",
      LiteRtCreateModelFromFile(handles.environment, path, &handles.model))
    try call("LiteRtCreateOptions", LiteRtCreateOptions(&handles.options))
    let cpu: Int32 = 1
    try call(
      "LiteRtSetOptionsHardwareAccelerators",
      LiteRtSetOptionsHardwareAccelerators(handles.options, cpu))
    try call(
      "LiteRtCreateCompiledModel",
      LiteRtCreateCompiledModel(
        handles.environment, handles.model, handles.options, &handles.compiled))
    var count = 0
    try call("LiteRtGetNumModelSignatures", LiteRtGetNumModelSignatures(handles.model, &count))
    for index in 0..<count {
      let signature = try Signature(handles, index)
      signatures[signature.name] = signature
    }
  }

  deinit {
    for signature in signatures.values {
      for buffer in signature.inputs + signature.outputs {
        LiteRtDestroyTensorBuffer(buffer.handle)
      }
    }
    LiteRtDestroyCompiledModel(handles.compiled)
    LiteRtDestroyOptions(handles.options)
    LiteRtDestroyModel(handles.model)
    LiteRtDestroyEnvironment(handles.environment)
  }

  /// The outputs by name, without padding; `length` asks for a padded length.
  public func run(
    _ inputIDs: [Int32], _ tokenTypeIDs: [Int32], length: Int? = nil
  ) throws -> [String: [Float]] {
    let (entry, padded) = try interface.entry(for: inputIDs.count, length: length)
    guard let signature = signatures[entry.name] else {
      throw QAError("the model has no signature '\(entry.name)'")
    }
    let values = [
      "input_ids": inputIDs, "token_type_ids": tokenTypeIDs,
      "attention_mask": Array(repeating: 1, count: inputIDs.count),
    ]
    for buffer in signature.inputs {
      guard let known = values[buffer.name] else {
        throw QAError("the model has an unknown input '\(buffer.name)'")
      }
      try buffer.write(known, padded: padded)
    }
    var inputs = signature.inputs.map(\.handle)
    var outputs = signature.outputs.map(\.handle)
    try call(
      "LiteRtRunCompiledModel",
      LiteRtRunCompiledModel(
        handles.compiled, signature.index, inputs.count, &inputs, outputs.count, &outputs))
    var found: [String: [Float]] = [:]
    for buffer in signature.outputs {
      found[buffer.name] = Array(try buffer.read().prefix(inputIDs.count))
    }
    return found
  }

  /// Start and end logits of one unpadded window.
  public func spanLogits(_ inputIDs: [Int32], _ tokenTypeIDs: [Int32]) throws -> SpanLogits {
    let outputs = try run(inputIDs, tokenTypeIDs)
    guard let start = outputs["start_logits"], let end = outputs["end_logits"] else {
      throw QAError("the model has no start and end logits")
    }
    return SpanLogits(start: start, end: end)
  }
}

private struct Handles {
  var environment: LiteRtHandle?
  var model: LiteRtHandle?
  var options: LiteRtHandle?
  var compiled: LiteRtHandle?
}

/// One signature with buffers for all of its tensors.
private struct Signature {
  let index: Int
  let name: String
  let inputs: [TensorBuffer]
  let outputs: [TensorBuffer]

  init(_ handles: Handles, _ index: Int) throws {
    self.index = index
    var signature: LiteRtHandle?
    try call(
      "LiteRtGetModelSignature", LiteRtGetModelSignature(handles.model, index, &signature))
    var key: UnsafePointer<CChar>?
    try call("LiteRtGetSignatureKey", LiteRtGetSignatureKey(signature, &key))
    name = key.map { String(cString: $0) } ?? ""
    var count = 0
    try call("LiteRtGetNumSignatureInputs", LiteRtGetNumSignatureInputs(signature, &count))
    inputs = try (0..<count).map { number in
      var (name, tensor, needs): (UnsafePointer<CChar>?, LiteRtHandle?, LiteRtHandle?)
      (name, tensor, needs) = (nil, nil, nil)
      try call("InputName", LiteRtGetSignatureInputName(signature, number, &name))
      try call("InputTensor", LiteRtGetSignatureInputTensorByIndex(signature, number, &tensor))
      try call(
        "InputRequirements",
        LiteRtGetCompiledModelInputBufferRequirements(handles.compiled, index, number, &needs))
      return try TensorBuffer(handles, name, tensor, needs)
    }
    try call("LiteRtGetNumSignatureOutputs", LiteRtGetNumSignatureOutputs(signature, &count))
    outputs = try (0..<count).map { number in
      var (name, tensor, needs): (UnsafePointer<CChar>?, LiteRtHandle?, LiteRtHandle?)
      (name, tensor, needs) = (nil, nil, nil)
      try call("OutputName", LiteRtGetSignatureOutputName(signature, number, &name))
      try call("OutputTensor", LiteRtGetSignatureOutputTensorByIndex(signature, number, &tensor))
      try call(
        "OutputRequirements",
        LiteRtGetCompiledModelOutputBufferRequirements(handles.compiled, index, number, &needs))
      return try TensorBuffer(handles, name, tensor, needs)
    }
  }
}

private struct TensorBuffer {
  let name: String
  private(set) var handle: LiteRtHandle?

  private static let forReading: Int32 = 0
  private static let forWriting: Int32 = 1

  init(
    _ handles: Handles, _ name: UnsafePointer<CChar>?, _ tensor: LiteRtHandle?,
    _ needs: LiteRtHandle?
  ) throws {
    self.name = name.map { String(cString: $0) } ?? ""
    // The library's own description of the type, handed back as it came: far larger than it is.
    var type = [UInt64](repeating: 0, count: 64)
    try call("LiteRtGetRankedTensorType", LiteRtGetRankedTensorType(tensor, &type))
    try call(
      "LiteRtCreateManagedTensorBufferFromRequirements",
      LiteRtCreateManagedTensorBufferFromRequirements(handles.environment, type, needs, &handle))
  }

  /// Writes int32 values and zeros behind them.
  func write(_ values: [Int32], padded: Int) throws {
    try locked(Self.forWriting) { memory, bytes in
      guard bytes == padded * 4, values.count <= padded else {
        throw QAError("\(name) has \(bytes) bytes, not \(padded) numbers of 4")
      }
      let numbers = memory.bindMemory(to: Int32.self, capacity: padded)
      for i in 0..<padded { numbers[i] = i < values.count ? values[i] : 0 }
    }
  }

  func read() throws -> [Float] {
    try locked(Self.forReading) { memory, bytes in
      let numbers = memory.bindMemory(to: Float.self, capacity: bytes / 4)
      return Array(UnsafeBufferPointer(start: numbers, count: bytes / 4))
    }
  }

  private func locked<T>(
    _ mode: Int32, _ work: (UnsafeMutableRawPointer, Int) throws -> T
  ) throws -> T {
    var bytes = 0
    try call("LiteRtGetTensorBufferPackedSize", LiteRtGetTensorBufferPackedSize(handle, &bytes))
    var memory: UnsafeMutableRawPointer?
    try call("LiteRtLockTensorBuffer", LiteRtLockTensorBuffer(handle, &memory, mode))
    defer { _ = LiteRtUnlockTensorBuffer(handle) }
    guard let memory else { throw QAError("\(name) has no memory") }
    return try work(memory, bytes)
  }
}

private func call(_ function: String, _ status: Int32) throws {
  if status != 0 { throw QAError("\(function) failed with status \(status)") }
}
