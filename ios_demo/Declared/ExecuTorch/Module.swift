// The part of ExecuTorch 1.4's Swift interface that the adapter uses, declared to compile it where
// the framework cannot be had. Its module answers with what a test hands to `answer`; no app is
// built with it.

public enum ModuleLoadMode {
  case file
  case mmap
}

public final class Module {
  nonisolated(unsafe) public static var answer: (String, [Value]) throws -> [Value] = { _, _ in [] }
  nonisolated(unsafe) public static var loaded: [String] = []

  public init(filePath: String, loadMode: ModuleLoadMode) { Self.loaded.append(filePath) }

  public func load(_ method: String) throws { Self.loaded.append(method) }

  public func execute(_ method: String, _ inputs: [ValueConvertible]) throws -> [Value] {
    try Self.answer(method, inputs.map { $0.asValue() })
  }
}

public protocol ValueConvertible {
  func asValue() -> Value
}

public protocol Scalar {}

extension Int32: Scalar {}
extension Int64: Scalar {}
extension Float: Scalar {}

public final class Tensor<T: Scalar>: ValueConvertible {
  private let values: [T]
  public let shape: [Int]

  public init(_ scalars: [T], shape: [Int] = []) {
    values = scalars
    self.shape = shape
  }

  public func scalars() -> [T] { values }
  public func asValue() -> Value { Value(self) }
}

public final class Value: ValueConvertible {
  private let content: Any

  init(_ content: Any) { self.content = content }

  public func tensor<T: Scalar>() -> Tensor<T>? { content as? Tensor<T> }
  public func asValue() -> Value { self }
}
