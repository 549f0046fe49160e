// What a bundler for Workers makes of an imported .wasm file.
declare module '*.wasm' {
  const compiled: WebAssembly.Module;
  export default compiled;
}
