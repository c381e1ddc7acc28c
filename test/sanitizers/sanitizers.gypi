# Added to binding.gyp for the instrumented build, with `node-gyp … -- -I`.
{
  "target_defaults": {
    "sources": ["canary.cc"],
    "cflags!": ["-O2"],
    # The module is never unloaded. Otherwise the addresses in the report of a leak could not be resolved.
    "ldflags": ["-Wl,-z,nodelete"],
    "configurations": {
      "Release": {
        "cflags!": ["-O3"],
        "cflags": [
          "-O1", "-g",
          "-fsanitize=address,undefined,float-cast-overflow,implicit-conversion,local-bounds,nullability",
          "-fno-sanitize-recover=all"
        ]
      }
    }
  }
}
