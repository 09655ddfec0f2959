import AppCore
import Foundation
import QACore

/// The models of the bundle inside the app. Files of an iOS app can be mapped where they are: there
/// is no copy that could be truncated, or stale after an update.
struct AppModels: ModelSource {
  /// The folder of the app's resources: `bundle`, and `public.pem` where bundles must be signed.
  var resources = Bundle.main.resourceURL

  var runtimes: [RuntimeChoice] {
    var found = [
      RuntimeChoice(id: "pte", title: "ExecuTorch", version: "1.4.1", takesThreads: false)
    ]
    #if canImport(TensorFlowLite)
      found.append(
        RuntimeChoice(id: "tflite", title: "LiteRT", version: "2.17.0", takesThreads: true))
    #endif
    return found
  }

  func load() throws -> ModelBundle {
    guard let folder = resource("bundle") else {
      throw QAError(
        "this app was built without a model; run distilbert-mobile install BUNDLE ios_demo and "
          + "build it again")
    }
    return try ModelBundle(folder: folder, key: key())
  }

  /// Who must have signed the bundle: the key that the app was built with, nil where it has none.
  private func key() throws -> BundleKey? {
    guard let file = resource("public.pem") else { return nil }
    return try BundleKey(
      pem: String(decoding: Data(contentsOf: file), as: UTF8.self), name: file.lastPathComponent)
  }

  private func resource(_ name: String) -> URL? {
    guard let path = resources?.appendingPathComponent(name) else { return nil }
    return FileManager.default.fileExists(atPath: path.path) ? path : nil
  }

  func open(_ bundle: ModelBundle, runtime: String, threads: Int) throws -> any Engine {
    let file = try bundle.modelURL(runtime)
    let interface = try bundle.model(runtime).interface
    switch runtime {
    case "pte": return try ExecuTorchEngine(file, interface)
    #if canImport(TensorFlowLite)
      case "tflite": return try LiteRTEngine(file, interface, threads: threads)
    #endif
    default: throw QAError("this app was built without a runtime for '\(runtime)'")
    }
  }
}
