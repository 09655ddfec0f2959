import Foundation

/// The one error of this package: what is wrong, what was found and, where there is one, the cure.
public struct QAError: LocalizedError, CustomStringConvertible, Equatable {
  public let description: String

  public init(_ description: String) {
    self.description = description
  }

  public var errorDescription: String? { description }
}
