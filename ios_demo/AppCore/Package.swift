// swift-tools-version: 6.0
import PackageDescription

// All of the app that needs no screen and no runtime. Its tests belong to the package one folder up.
let package = Package(
  name: "AppCore",
  platforms: [.iOS(.v17), .macOS(.v14)],
  products: [.library(name: "AppCore", targets: ["AppCore"])],
  dependencies: [.package(path: "../QACore")],
  targets: [.target(name: "AppCore", dependencies: ["QACore"], path: "Sources")]
)
