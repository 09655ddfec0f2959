import QACore

/// What an adapter to a runtime has to do; everything else is the same for all of them.
public protocol Engine {
  /// Takes the inputs of the next inference by name, each of `length` numbers.
  func write(_ entry: Entry, length: Int, inputs: [String: [Int32]]) throws
  /// Runs one inference.
  func invoke() throws
  /// The outputs of the last inference by name, padding included.
  func read() throws -> [String: [Float]]
}

/// A model file in a runtime, for one thread at a time. Writing, running and reading are apart so
/// that a benchmark can time the middle one.
public final class Runner {
  private let interface: ModelInterface
  private let engine: any Engine
  private var real = 0

  public init(_ interface: ModelInterface, _ engine: any Engine) {
    self.interface = interface
    self.engine = engine
  }

  /// Sets one input, padded to `length`, by default the shortest that the file takes.
  public func write(_ inputIDs: [Int32], _ tokenTypeIDs: [Int32], length: Int? = nil) throws {
    guard inputIDs.count == tokenTypeIDs.count else {
      throw QAError("\(inputIDs.count) input ids, but \(tokenTypeIDs.count) token types")
    }
    let (entry, padded) = try interface.entry(for: inputIDs.count, length: length)
    let known = [
      "input_ids": inputIDs, "token_type_ids": tokenTypeIDs,
      "attention_mask": Array(repeating: 1, count: inputIDs.count),
    ]
    var inputs: [String: [Int32]] = [:]
    for tensor in interface.inputs {
      guard let values = known[tensor.name] else {
        throw QAError("the model has an input '\(tensor.name)' that this app cannot fill")
      }
      inputs[tensor.name] = values + Array(repeating: 0, count: padded - values.count)
    }
    try engine.write(entry, length: padded, inputs: inputs)
    real = inputIDs.count
  }

  public func invoke() throws { try engine.invoke() }

  /// The outputs of the last inference by name, without padding.
  public func read() throws -> [String: [Float]] {
    let outputs = try engine.read()
    var found: [String: [Float]] = [:]
    for tensor in interface.outputs {
      guard let values = outputs[tensor.name] else {
        throw QAError("the runtime returned no '\(tensor.name)'")
      }
      found[tensor.name] = tensor.shape.contains(.length) ? Array(values.prefix(real)) : values
    }
    return found
  }

  /// The outputs for one input, padded to `length`.
  public func run(
    _ inputIDs: [Int32], _ tokenTypeIDs: [Int32], length: Int? = nil
  ) throws -> [String: [Float]] {
    try write(inputIDs, tokenTypeIDs, length: length)
    try invoke()
    return try read()
  }

  /// Start and end logits of one window.
  public func spanLogits(_ window: Window) throws -> SpanLogits {
    let outputs = try run(window.inputIDs, window.tokenTypeIDs)
    guard let start = outputs["start_logits"], let end = outputs["end_logits"] else {
      throw QAError("the model has no start and end logits")
    }
    return SpanLogits(start: start, end: end)
  }
}
