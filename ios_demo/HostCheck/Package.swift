// swift-tools-version: 6.0
import PackageDescription

// The real model from Swift on a computer: QACore and AppCore over the LiteRT library of the Python wheel.
// Not a part of the app. Build with -Xlinker -L<folder of libLiteRt.so>.
let package = Package(
  name: "HostCheck",
  platforms: [.macOS(.v14)],
  dependencies: [.package(path: "../AppCore"), .package(path: "../QACore")],
  targets: [
    .systemLibrary(name: "CLiteRT"),
    .target(name: "LiteRTHost", dependencies: ["CLiteRT", "QACore"]),
    .testTarget(name: "HostCheckTests", dependencies: ["AppCore", "LiteRTHost", "QACore"]),
  ]
)
