import AppCore
import Foundation
import QACore

/// The models of the bundle inside the app. Files of an iOS app can be mapped where they are: there
/// is no copy that could be truncated, or stale after an update.
struct AppModels: ModelSource {
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
    guard let folder = Bundle.main.url(forResource: "bundle", withExtension: nil) else {
      throw QAError(
        "this app was built without a model; run distilbert-mobile install BUNDLE ios_demo and "
          + "build it again")
    }
    return try ModelBundle(folder: folder)
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
