// swift-tools-version: 6.0
import PackageDescription

// AppCore is all of the app that needs no screen and no runtime; the app takes it from here. The
// other targets are for checks only: the adapters compiled against the declared parts of the two
// runtimes' interfaces.
let package = Package(
  name: "AppCore",
  platforms: [.iOS(.v17), .macOS(.v14)],
  products: [.library(name: "AppCore", targets: ["AppCore"])],
  dependencies: [.package(path: "QACore")],
  targets: [
    .target(name: "AppCore", dependencies: ["QACore"], path: "AppCore/Sources"),
    .target(name: "ExecuTorch", path: "Declared/ExecuTorch"),
    .target(name: "TensorFlowLite", path: "Declared/TensorFlowLite"),
    .target(
      name: "Adapters", dependencies: ["AppCore", "ExecuTorch", "TensorFlowLite", "QACore"],
      path: "App/Adapters"),
    .testTarget(
      name: "AppCoreTests", dependencies: ["Adapters", "AppCore", "ExecuTorch", "QACore"],
      path: "AppCore/Tests"),
  ]
)
