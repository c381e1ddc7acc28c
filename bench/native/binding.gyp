{
  "targets": [
    {
      "target_name": "c_loop",
      "sources": ["c_loop.cc"],
      "cflags": ["-O2"],
      "cflags_cc": ["-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fno-exceptions", "-fno-rtti"]
    }
  ]
}
