# What the instrumented build adds to binding.gyp, by `node-gyp … -- -I`. Used by instrumented-package.mts.
{
  "target_defaults": {
    "sources": ["canary.cc"],
    "cflags!": ["-O2"],
    # It stays in memory when the thread that loaded it has ended: nobody knows whose a leak is if its addresses are gone.
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
