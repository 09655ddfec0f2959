import Foundation

// The part of TensorFlowLiteSwift 2.17 that the adapter uses, declared to compile it where the pod
// cannot be had. Nothing of it runs a model; no app is built with it.

public struct TensorFlowLiteIsDeclaredOnly: Error {}

public final class Interpreter {
  public struct Options {
    public var threadCount: Int?
    public var isXNNPackEnabled = false
    public init() {}
  }

  public init(modelPath: String, options: Options? = nil) throws {
    throw TensorFlowLiteIsDeclaredOnly()
  }

  public func signatureRunner(with key: String) throws -> SignatureRunner {
    throw TensorFlowLiteIsDeclaredOnly()
  }
}

public final class SignatureRunner {
  init() {}
  public func invoke(with inputs: [String: Data]) throws { throw TensorFlowLiteIsDeclaredOnly() }
  public func output(named name: String) throws -> Tensor { throw TensorFlowLiteIsDeclaredOnly() }
}

public struct Tensor {
  public let data: Data
}
